using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Results;

namespace ClipTransfer.Notebooks.Running;

/// <summary>What the run of a notebook depends on, as one hash: where it is the same as that of the last run, there is nothing to run again.</summary>
/// <remarks>
/// It covers the notebook's cells and what they import, this program's own libraries, the values of parameters, grids and published results of the clone, and the data folder
/// (names, sizes and times two folders deep: a picture that was changed in place deeper down is not seen). A cell that is tagged <see cref="LedgerTag"/> adds the published
/// claims and what the other notebooks wrote to the ledger. The machine, its device and its threads are not covered.
/// </remarks>
/// <param name="options">What the command line asked for.</param>
internal sealed class RunInputs(RunOptions options)
{
    /// <summary>The tag of a cell that reads other notebooks' claims.</summary>
    public const string LedgerTag = "reads-ledger";

    private const string Import = "#!import ";

    // The same for every notebook of a run, and slow to read twice.
    private readonly Lazy<string> _program = new(() => Files(AppContext.BaseDirectory, "ClipTransfer*.dll"));
    private readonly Lazy<string> _data = new(() => options.Data is { } folder ? Listing(folder) : "");

    /// <summary>The hash, in hexadecimal digits.</summary>
    /// <param name="notebook">The notebook, without what an earlier run put in.</param>
    /// <param name="path">Its file.</param>
    public string Of(Notebook notebook, string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var root = Path.GetDirectoryName(folder)!;
        var text = new StringBuilder();
        text.Append(_program.Value).Append(_data.Value);
        var parameters = notebook.Cells.Where(cell => cell.Kind == CellKind.Code && cell.Tags.Contains(ParametersCell.Tag)).SelectMany(cell => ParametersCell.Parse(cell.Source).Names).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in options.Values().Where(value => parameters.Contains(value.Key) || !options.Settings.ContainsKey(value.Key)).OrderBy(value => value.Key, StringComparer.Ordinal)) Add(name, value);
        Add("grids", Files(Path.Combine(root, "settings", "grids"), "*.json"));
        Add("results", Files(Path.Combine(root, "results"), "*.json", except: ClaimsLedger.FileName));
        Cells(notebook, folder, text, []);
        if (notebook.Cells.Any(cell => cell.Tags.Contains(LedgerTag))) Add("ledger", Files(Path.Combine(root, "results"), ClaimsLedger.FileName) + Ledger(Repository.Number(path)));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Add(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"\n{name}\u001F{value}");
    }

    private static void Cells(Notebook notebook, string folder, StringBuilder text, HashSet<string> seen)
    {
        foreach (var cell in notebook.Cells)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{cell.Kind}\u001F{string.Join(',', cell.Tags)}\u001F{cell.Source}");
            if (cell.Kind != CellKind.Code) continue;
            foreach (var line in cell.Source.Split('\n').Where(line => line.StartsWith(Import, StringComparison.Ordinal)))
            {
                var file = Path.GetFullPath(Path.Combine(folder, line[Import.Length..].Trim()));
                if (!seen.Add(file) || !File.Exists(file)) continue;
                if (Path.GetExtension(file) == ".ipynb") Cells(NotebookReader.Read(file), folder, text, seen);
                else text.Append(HashOf(file));
            }
        }
    }

    private string Ledger(string number) => JsonSerializer.Serialize(ClaimsLedger.Read(options.Output).Where(claim => claim.Notebook != number), ResultsJson.Line);

    private static string Files(string folder, string pattern, string? except = null) => Directory.Exists(folder)
        ? string.Join('\n', Directory.EnumerateFiles(folder, pattern).Where(file => Path.GetFileName(file) != except).Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {HashOf(file)}"))
        : "";

    private static string HashOf(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static string Listing(string folder)
    {
        var deep = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 };
        return string.Join('\n', new DirectoryInfo(folder).EnumerateFileSystemInfos("*", deep).OrderBy(entry => entry.FullName, StringComparer.Ordinal)
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.FullName} {(entry as FileInfo)?.Length} {entry.LastWriteTimeUtc.Ticks}")));
    }
}
