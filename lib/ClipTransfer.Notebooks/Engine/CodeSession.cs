using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>C# piece by piece: each piece sees the variables, types and usings of the pieces before it.</summary>
/// <remarks>
/// Roslyn's script compilations, chained. Compiled for exact line numbers, as the other engines do; what a piece needs at run time is found by
/// the default load context, so that a notebook and this program share one copy of each library.
/// </remarks>
public sealed class CodeSession
{
    /// <summary>The namespaces that both .NET Interactive and Verso import, so that what compiles here compiles there.</summary>
    public static readonly IReadOnlyList<string> Imports = ["System", "System.Collections.Generic", "System.Linq", "System.Text", "System.Threading.Tasks"];

    private static readonly CSharpParseOptions _parse = new(LanguageVersion.Latest, DocumentationMode.None, SourceCodeKind.Script);
    private static readonly CSharpParseOptions _documented = _parse.WithDocumentationMode(DocumentationMode.Parse);
    private static readonly EmitOptions _emit = new(debugInformationFormat: DebugInformationFormat.PortablePdb);

    private readonly AssemblyLoadContext _context = new("notebook");
    private readonly Dictionary<string, MetadataReference> _references = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _sessionName = Guid.NewGuid().ToString("n")[..8];
    private CSharpCompilation? _previous;
    private object?[] _pieces = new object?[64];
    private int _count;

    /// <summary>Starts with .NET itself and <c>Display()</c>.</summary>
    /// <param name="framework">The assemblies of .NET.</param>
    public CodeSession(IEnumerable<string> framework)
    {
        foreach (var file in framework.Append(typeof(CodeSession).Assembly.Location)) Add(PackageAssets.Reference(file));
    }

    /// <summary>Adds assemblies that later pieces compile against. A name that is already there stays as it is.</summary>
    public void Add(IEnumerable<PortableExecutableReference> references)
    {
        foreach (var reference in references) Add(reference);
    }

    /// <summary>Whether an assembly of this name can already be compiled against.</summary>
    public bool References(string simpleName) => _references.ContainsKey(simpleName);

    /// <summary>Compiles and runs one piece.</summary>
    /// <param name="code">C# statements; a last expression without a semicolon is the piece's value.</param>
    /// <param name="place">What compile errors and stack traces call the piece.</param>
    /// <param name="abort">Ends the piece wherever it is, as long as it has not awaited anything.</param>
    /// <returns>The value of the last expression, if there is one.</returns>
    /// <exception cref="CompileException">The code does not compile; the session is as before.</exception>
    /// <exception cref="OperationCanceledException">It was aborted.</exception>
    public async Task<PieceResult> RunAsync(string code, string place, CancellationToken abort = default)
    {
        var (compilation, image, symbols) = Compile(code, place);
        var hasValue = HasValue(compilation);
        var entry = compilation.GetEntryPoint(CancellationToken.None) ?? throw new InvalidOperationException("the compiler made no entry point");

        var assembly = _context.LoadFromStream(image, symbols);
        var factory = assembly
            .GetType(entry.ContainingType.MetadataName, throwOnError: true)!
            .GetMethod(entry.MetadataName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!
            .CreateDelegate<Func<object?[], Task<object>>>();

        // The piece finds its predecessors in this array, and puts itself there.
        if (_count + 2 >= _pieces.Length) Array.Resize(ref _pieces, _pieces.Length * 2);
        _previous = compilation;
        _count++;
        var value = await Begin(() => factory(_pieces), abort).ConfigureAwait(false);
        return new PieceResult(hasValue, hasValue ? value : null);
    }

    /// <summary>Code as the piece that would come next, for questions about it; nothing is compiled to the end or run.</summary>
    internal CSharpCompilation Analyse(string code) => Create(code, "cell", _documented);

    /// <summary>Compiles something small, so that the compiler itself is compiled before the first cell waits for it.</summary>
    public void WarmUp() => Compile("var warm = new[] { 1, 2 }.Select(x => x + 1).ToList(); $\"{warm.Count}\"", "warm-up");

    private void Add(PortableExecutableReference reference) =>
        _references.TryAdd(Path.GetFileNameWithoutExtension(reference.FilePath!), reference);

    private static Task<object> Begin(Func<Task<object>> piece, CancellationToken abort)
    {
        if (!abort.CanBeCanceled) return piece();
        Task<object>? running = null;
#pragma warning disable SYSLIB0046 // Made for this very use: code that a person typed and wants to end.
        System.Runtime.ControlledExecution.Run(() => running = piece(), abort);
#pragma warning restore SYSLIB0046
        return running!;
    }

    private CSharpCompilation Create(string code, string place, CSharpParseOptions parse)
    {
        var tree = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), parse, place);
        var name = $"Cell{_count + 1}";
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            scriptClassName: name,
            usings: [.. Imports, "ClipTransfer.Notebooks.Cells"],
            // Optimised code shares one throw per method, and an index out of range would have no line.
            optimizationLevel: OptimizationLevel.Debug,
            assemblyIdentityComparer: DesktopAssemblyIdentityComparer.Default);
        return CSharpCompilation.CreateScriptCompilation($"{name}-{_sessionName}", tree, _references.Values, options, _previous, typeof(object));
    }

    private (CSharpCompilation Compilation, MemoryStream Image, MemoryStream Symbols) Compile(string code, string place)
    {
        var compilation = Create(code, place, _parse);
        // Of usings alone the compiler makes no program, and does not say why; with an empty statement it does.
        if (compilation.SyntaxTrees[0].GetCompilationUnitRoot().Members.Count == 0) compilation = Create(code + "\n;", place, _parse);
        var image = new MemoryStream();
        var symbols = new MemoryStream();
        var emitted = compilation.Emit(image, symbols, options: _emit);
        if (!emitted.Success) throw new CompileException(Errors(emitted.Diagnostics));
        image.Position = symbols.Position = 0;
        return (compilation, image, symbols);
    }

    private static Diagnostic[] Errors(ImmutableArray<Diagnostic> diagnostics) =>
        [.. diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)];

    private static bool HasValue(CSharpCompilation compilation)
    {
        var tree = compilation.SyntaxTrees[0];
        if (tree.GetCompilationUnitRoot().Members.LastOrDefault() is not GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last })
            return false;
        return compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type?.SpecialType != SpecialType.System_Void;
    }
}
