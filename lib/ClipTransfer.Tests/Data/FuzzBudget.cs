using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Data;

/// <summary>What a reader may do with any bytes: return, or say an input error; and allocate no more than ten times the file and a fixed spare.</summary>
internal static class FuzzBudget
{
    private const long Spare = 1 << 20; // buffers, catalogue, messages: what an empty file costs too

    /// <summary>Runs a reader on the calling thread. Everything that it allocates counts, also what it drops again.</summary>
    /// <returns>Whether it took the file.</returns>
    public static bool Holds(long fileBytes, Action read, long spare = Spare)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var taken = true;
        try
        {
            read();
        }
        catch (InputException)
        {
            taken = false;
        }

        var used = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(used <= (10 * fileBytes) + spare, $"{used} bytes allocated for a file of {fileBytes}");
        return taken;
    }

    /// <summary>A true file, damaged: bytes changed, cut out, doubled, or the end cut off.</summary>
    public static byte[] Damaged(byte[] file, int seed)
    {
        var random = new Random(seed);
        var bytes = file.ToList();
        for (var n = random.Next(4); n >= 0; n--)
        {
            if (bytes.Count == 0) return [];
            var at = random.Next(bytes.Count);
            var length = Math.Min(random.Next(1, 600), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0: bytes.RemoveRange(at, length); break;
                case 1: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 2: bytes.RemoveRange(at, bytes.Count - at); break;
                case 3: bytes[at] = (byte)random.Next(256); break;
                case 4: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                default:
                    for (var i = at; i < at + Math.Min(length, 12); i++) bytes[i] = (byte)"0789\0\xFF"[random.Next(6)];
                    break;
            }
        }

        return [.. bytes];
    }
}
