using System.Buffers.Binary;
using System.Text;

namespace ClipTransfer.Runtime;

/// <summary>Marks one required symbol version of an ELF library as weak, in a byte array: the loader then accepts a system library without it.</summary>
/// <remarks>
/// TorchSharp 0.107 asks for <c>GLIBCXX_3.4.32</c> (GCC 13), which Debian 12 and Ubuntu 22.04 lack. The only symbol that
/// carries this version, <c>_ZSt21ios_base_library_initv</c>, is a marker that no relocation uses, so the library runs without it.
/// </remarks>
public static class ElfVersionPatch
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort FlagWeak = 0x2;                     // VER_FLG_WEAK

    /// <summary>Sets the weak flag on every requirement of <paramref name="version"/>; returns how many were found.</summary>
    /// <param name="elf">A 64-bit little-endian ELF file, changed in place.</param>
    /// <param name="version">The version's name, for example <c>GLIBCXX_3.4.32</c>.</param>
    /// <exception cref="InvalidDataException">The bytes are not such a file, or a table points outside it.</exception>
    public static int MakeWeak(byte[] elf, string version)
    {
        if (elf.Length < 64 || !elf.AsSpan(0, 6).SequenceEqual(new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1 }))
            throw new InvalidDataException("not a 64-bit little-endian ELF file");
        try
        {
            return MakeWeakChecked(elf, version);
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException("an ELF table points outside the file", error);
        }
    }

    private static int MakeWeakChecked(byte[] elf, string version)
    {
        var sections = checked((int)ReadU64(elf, 0x28));
        var sectionSize = ReadU16(elf, 0x3a);
        var sectionCount = ReadU16(elf, 0x3c);
        var hash = ElfHash(version);
        var found = 0;
        for (var s = 0; s < sectionCount; s++)
        {
            var header = checked(sections + s * sectionSize);
            if (ReadU32(elf, header + 4) != SectionTypeVersionNeeds) continue;
            var need = checked((int)ReadU64(elf, header + 0x18));
            for (var left = ReadU32(elf, header + 0x2c); left > 0; left--)
            {
                // Elf64_Verneed: version u16, count u16, file u32, aux u32, next u32
                var aux = checked(need + (int)ReadU32(elf, need + 8));
                for (var k = ReadU16(elf, need + 2); k > 0; k--)
                {
                    // Elf64_Vernaux: hash u32, flags u16, other u16, name u32, next u32
                    if (ReadU32(elf, aux) == hash)
                    {
                        BinaryPrimitives.WriteUInt16LittleEndian(elf.AsSpan(aux + 4), (ushort)(ReadU16(elf, aux + 4) | FlagWeak));
                        found++;
                    }

                    var nextAux = ReadU32(elf, aux + 12);
                    if (nextAux == 0) break;
                    aux = checked(aux + (int)nextAux);
                }

                var next = ReadU32(elf, need + 12);
                if (next == 0) break;
                need = checked(need + (int)next);
            }
        }

        return found;
    }

    /// <summary>The System V ABI's hash of a symbol or version name.</summary>
    internal static uint ElfHash(string name)
    {
        uint h = 0;
        foreach (var c in Encoding.ASCII.GetBytes(name))
        {
            h = (h << 4) + c;
            var high = h & 0xf0000000;
            h = (h ^ (high >> 24)) & ~high;
        }

        return h;
    }

    private static ushort ReadU16(byte[] b, int at) => BinaryPrimitives.ReadUInt16LittleEndian(b.AsSpan(at));

    private static uint ReadU32(byte[] b, int at) => BinaryPrimitives.ReadUInt32LittleEndian(b.AsSpan(at));

    private static ulong ReadU64(byte[] b, int at) => BinaryPrimitives.ReadUInt64LittleEndian(b.AsSpan(at));
}
