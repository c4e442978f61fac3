using ClipTransfer.Runtime;
using CsvHelper;

namespace ClipTransfer.Data;

/// <summary>Captions by image name, from <c>captions.txt</c> (csv <c>image,caption</c>) or the older <c>Flickr8k.token.txt</c> (<c>image#n TAB caption</c>).</summary>
internal static class CaptionList
{
    private const string Remedy = "Put the original file back";

    private static readonly CsvReaderOptions _csv = new()
    {
        Separator = ',',
        HasHeader = false, // checked by hand, with its line in the error
        MalformedData = CsvMalformedDataHandling.Throw,
        TrackLineNumbers = true,
        MaxRecordSize = 1 << 20, // an unclosed quote must not swallow a large file
    };

    /// <summary>Reads a csv file with the header <c>image,caption</c>; empty captions are left out and counted.</summary>
    /// <exception cref="InputException">A row is damaged: names its line.</exception>
    public static Dictionary<string, List<string>> ReadCsv(string file, out int empty, RemarkList? remarks = null)
    {
        empty = 0;
        var captions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        try
        {
            using var csv = CsvReader.FromFile(file, _csv);
            if (!Next(csv, file)) throw new InputException(file, "is empty, expected the header 'image,caption'", Remedy);
            if (csv.FieldCount != 2 || csv.GetString(0) != "image" || csv.GetString(1) != "caption") throw Unexpected(csv, file, "the header 'image,caption'");
            while (Next(csv, file))
            {
                if (csv.FieldCount != 2 || csv.GetString(0).Length == 0) throw Unexpected(csv, file, "'image,caption'");
                Add(captions, csv.GetString(0), csv.GetString(1), remarks, ref empty);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DataFolder.Unreadable(file, error);
        }

        return captions;
    }

    /// <summary>Reads lines <c>image#n TAB caption</c>; empty captions are left out and counted.</summary>
    /// <exception cref="InputException">A line is damaged: names it.</exception>
    public static Dictionary<string, List<string>> ReadTokens(string file, out int empty, RemarkList? remarks = null)
    {
        empty = 0;
        var captions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var lines = DataFolder.ReadLines(file);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0) continue;
            var tab = lines[i].IndexOf('\t', StringComparison.Ordinal);
            var hash = tab < 0 ? -1 : lines[i].LastIndexOf('#', tab);
            if (hash < 1) throw new InputException($"{file} line {i + 1}", $"expected 'image#n TAB caption', found '{Shown(lines[i])}'", Remedy);
            Add(captions, lines[i][..hash], lines[i][(tab + 1)..], remarks, ref empty);
        }

        return captions;
    }

    /// <summary>Reads a table with a column of pictures and one of captions, as copies of Flickr30k have it: <c>image,caption</c>, or <c>image_name| comment_number| comment</c>.</summary>
    /// <exception cref="InputException">A row is damaged: names it.</exception>
    public static Dictionary<string, List<string>> ReadTable(string file, RemarkList remarks)
    {
        var captions = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var first = File.ReadLines(file).FirstOrDefault() ?? "";
        var bars = first.Contains('|', StringComparison.Ordinal);
        var (image, caption, empty) = (-1, -1, 0);
        using var table = new TextTable(file, new TextTableOptions { Separator = bars ? '|' : ',', Quoted = !bars }, (table, number, row) =>
        {
            if (number == 0)
            {
                for (var c = 0; c < table.Header.Count; c++)
                {
                    if (table.Header[c] is "image" or "image_name" or "filename") image = c;
                    else if (table.Header[c] is "caption" or "comment") caption = c;
                }

                if (image < 0 || caption < 0) throw new InputException(file, $"has the columns {Shown(string.Join(", ", table.Header))}, expected image and caption, or image_name and comment", Remedy);
            }

            if (!row.TryField(image, out var name) || name.Trim().Length == 0) throw new InputException(table.Where(number), "names no picture", Remedy);
            Add(captions, name.Trim(), row.Field(caption), remarks, ref empty);
        });
        return captions;
    }

    /// <summary>Captions made fit to be encoded; empty ones are left out.</summary>
    public static List<string> Cleaned(IEnumerable<string> captions, string image, RemarkList remarks)
    {
        var list = new Dictionary<string, List<string>>(StringComparer.Ordinal) { [image] = [] };
        var empty = 0;
        foreach (var caption in captions) Add(list, image, caption, remarks, ref empty);
        return list[image];
    }

    private static void Add(Dictionary<string, List<string>> captions, string image, string caption, RemarkList? remarks, ref int empty)
    {
        if (!captions.TryGetValue(image, out var list)) captions[image] = list = [];
        caption = CaptionText.Clean(caption, out var odd);
        if (odd) remarks?.Add("caption with control characters", () => Shown(image));
        if (caption.Length == 0)
        {
            empty++;
            remarks?.Add("empty caption", () => Shown(image));
        }
        else list.Add(caption);
    }

    private static bool Next(CsvReader csv, string file)
    {
        try
        {
            return csv.Read();
        }
        catch (CsvFormatException error)
        {
            var where = error.LineNumber > 0 ? FormattableString.Invariant($"{file} line {error.LineNumber}") : file;
            throw new InputException(where, $"is no csv record ({error.Message.ReplaceLineEndings(" ").TrimEnd('.')})", Remedy, error);
        }
    }

    private static InputException Unexpected(CsvReader csv, string file, string expected) => new(
        FormattableString.Invariant($"{file} line {csv.LineNumber}"),
        $"expected {expected}, found '{Shown(string.Join(',', Enumerable.Range(0, Math.Min(csv.FieldCount, 8)).Select(csv.GetString)))}'", Remedy);

    private static string Shown(string text) => CaptionText.Shown(text);
}
