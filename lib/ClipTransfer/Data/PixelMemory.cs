using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace ClipTransfer.Data;

/// <summary>A block of bytes outside the garbage-collected heap, of any length: this process's own, or a part of a mapped file.</summary>
internal sealed unsafe class PixelMemory : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _start;

    private PixelMemory(byte* own) => _start = Pointer = own;

    private PixelMemory(MemoryMappedFile file, MemoryMappedViewAccessor view)
    {
        _file = file;
        _view = view;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        Pointer = _start + view.PointerOffset;
    }

    /// <summary>Frees what nobody disposed.</summary>
    ~PixelMemory() => Free();

    public byte* Pointer { get; private set; }

    /// <summary>Zeroed memory of this process.</summary>
    public static PixelMemory Allocate(long length) => new((byte*)NativeMemory.AllocZeroed((nuint)length));

    /// <summary>A whole file, read-only; its pages belong to the system's page cache, which all processes share.</summary>
    public static PixelMemory Map(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        var file = MemoryMappedFile.CreateFromFile(stream, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            return new PixelMemory(file, file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_start is null) return;
        if (_view is null)
        {
            NativeMemory.Free(_start);
        }
        else
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file!.Dispose();
        }

        _start = Pointer = null;
    }
}
