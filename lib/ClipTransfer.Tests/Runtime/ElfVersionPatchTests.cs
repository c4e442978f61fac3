using System.Buffers.Binary;
using ClipTransfer.Runtime;
using CsCheck;

namespace ClipTransfer.Tests.Runtime;

public class ElfVersionPatchTests
{
    private const int FirstAux = 0xd0;

    /// <summary>The smallest ELF file with one library's two version requirements, laid out by hand from the ABI's tables.</summary>
    private static byte[] SmallElf()
    {
        var elf = new byte[0x100];
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1 }.CopyTo(elf, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(0x28), 0x40); // e_shoff
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3a), 64);   // e_shentsize
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0x3c), 2);    // e_shnum: the empty one and ours
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(0x84), 0x6ffffffe);
        BinaryPrimitives.WriteUInt64LittleEndian(elf.AsSpan(0x98), 0xc0); // sh_offset
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(0xac), 1);    // sh_info: one Verneed
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0xc0), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(0xc2), 2);    // two Vernaux
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(0xc8), FirstAux - 0xc0);
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(FirstAux), 0x08922974); // GLIBCXX_3.4
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(FirstAux + 12), 16);
        BinaryPrimitives.WriteUInt32LittleEndian(elf.AsSpan(FirstAux + 16), 0x09691a75); // GLIBC_2.2.5
        return elf;
    }

    // Both values stand in every Linux program; `readelf -V` and the ABI's documents print them.
    [Theory]
    [InlineData("GLIBC_2.2.5", 0x09691a75u)]
    [InlineData("GLIBCXX_3.4", 0x08922974u)]
    public void The_hash_of_a_version_is_the_published_one(string version, uint hash) =>
        Assert.Equal(hash, ElfVersionPatch.ElfHash(version));

    [Fact]
    public void Only_the_flag_of_the_named_version_changes()
    {
        var before = SmallElf();
        var after = SmallElf();
        Assert.Equal(1, ElfVersionPatch.MakeWeak(after, "GLIBC_2.2.5"));
        var changed = Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).ToArray();
        Assert.Equal([FirstAux + 16 + 4], changed);
        Assert.Equal(2, after[FirstAux + 16 + 4]);
    }

    [Fact]
    public void A_version_that_is_not_required_changes_nothing()
    {
        var elf = SmallElf();
        Assert.Equal(0, ElfVersionPatch.MakeWeak(elf, "GLIBCXX_3.4.32"));
        Assert.Equal(SmallElf(), elf);
    }

    [Fact]
    public void A_file_that_is_not_ELF_is_refused() =>
        Assert.Throws<InvalidDataException>(() => ElfVersionPatch.MakeWeak(new byte[100], "GLIBC_2.2.5"));

    [Fact]
    public void Damaged_tables_end_in_an_error_or_a_count_and_never_hang() =>
        Gen.Select(Gen.Int[7, 0xff], Gen.Byte).Array[1, 12].Sample(
            changes =>
            {
                var elf = SmallElf();
                foreach (var (at, value) in changes) elf[at] = value;
                try
                {
                    Assert.InRange(ElfVersionPatch.MakeWeak(elf, "GLIBC_2.2.5"), 0, int.MaxValue);
                }
                catch (InvalidDataException)
                {
                }
            },
            iter: 2000);
}
