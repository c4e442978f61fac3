using Microsoft.CodeAnalysis;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>What packages bring: files to compile against, files to load, folders with native libraries.</summary>
/// <param name="Compile">Full paths of the assemblies that code compiles against.</param>
/// <param name="Runtime">Full paths of the assemblies that are loaded.</param>
/// <param name="Native">Full paths of native libraries.</param>
public sealed record PackageAssets(IReadOnlyList<string> Compile, IReadOnlyList<string> Runtime, IReadOnlyList<string> Native)
{
    /// <summary>The assemblies to compile against, as the compiler wants them.</summary>
    public IEnumerable<PortableExecutableReference> References => Compile.Select(Reference);

    /// <summary>An assembly with the doc comments that lie beside it.</summary>
    public static PortableExecutableReference Reference(string file)
    {
        var comments = Path.ChangeExtension(file, ".xml");
        return MetadataReference.CreateFromFile(file, documentation: File.Exists(comments) ? new DocFile(comments) : null);
    }
}
