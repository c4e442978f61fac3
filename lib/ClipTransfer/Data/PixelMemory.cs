using System.Runtime.InteropServices;

namespace ClipTransfer.Data;

/// <summary>A block of bytes outside the garbage-collected heap, of any length.</summary>
internal sealed unsafe class PixelMemory : IDisposable
{
    private PixelMemory(byte* pointer, long length)
    {
        Pointer = pointer;
        Length = length;
    }

    /// <summary>Frees what nobody disposed.</summary>
    ~PixelMemory() => Free();

    public byte* Pointer { get; private set; }

    public long Length { get; }

    /// <summary>Zeroed memory of this process.</summary>
    public static PixelMemory Allocate(long length) => new((byte*)NativeMemory.AllocZeroed((nuint)length), length);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
