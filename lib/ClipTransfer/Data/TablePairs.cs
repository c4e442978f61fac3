using ClipTransfer.Runtime;

namespace ClipTransfer.Data;

/// <summary>What to do where a list names a picture that is not there.</summary>
public enum MissingPictures
{
    /// <summary>An error that names the row: a list of a whole set should be right.</summary>
    Refuse,

    /// <summary>They are left out and counted: of pictures fetched from the web, some are always gone.</summary>
    LeaveOut,
}

/// <summary>Which columns of a table hold what.</summary>
public sealed record TablePairsOptions
{
    /// <summary>How the table is cut.</summary>
    public TextTableOptions Table { get; init; } = new();

    /// <summary>The header of the column with the pictures' files, or its number from 1; null takes the first of image, image_name, filename, filepath, file, path.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>The header of the column with the captions, or its number from 1; null takes the first of caption, comment, text, title, sentence.</summary>
    public string? CaptionColumn { get; init; }

    /// <summary>What the files' names are relative to; null: the table's own folder.</summary>
    public string? ImageFolder { get; init; }

    /// <summary>What to do where a picture is not there.</summary>
    public MissingPictures Missing { get; init; }

    /// <summary>The source's name; the file's when null.</summary>
    public string? Name { get; init; }

    /// <summary>Takes the picture's file name out of the field; null takes the field as it is.</summary>
    internal Func<string, string>? FileOf { get; init; }
}

/// <summary>Pairs from any CSV or TSV file with a column of picture files and one of captions; a picture may have several rows.</summary>
/// <remarks>Captions stay in the file: a million rows take some fifty megabytes.</remarks>
public sealed class TablePairs : IPairSource, IDisposable
{
    private static readonly string[] _imageHeaders = ["image", "image_name", "filename", "file_name", "filepath", "file", "path"];
    private static readonly string[] _captionHeaders = ["caption", "comment", "text", "title", "sentence"];
    private readonly TextTable _table;
    private readonly TablePairsOptions _options;
    private readonly string _folder;
    private readonly int _imageColumn;
    private readonly int _captionColumn;
    private readonly List<int> _firstRows = []; // of each picture
    private readonly List<int> _nextRows = []; // of the same picture, by row; -1 after its last
    private readonly List<int> _lastRows = [];
    private readonly Lazy<string> _fingerprint;

    private TablePairs(string file, TablePairsOptions options)
    {
        _options = options;
        Name = options.Name ?? Path.GetFileNameWithoutExtension(file);
        _folder = Path.GetFullPath(options.ImageFolder ?? Path.GetDirectoryName(Path.GetFullPath(file))!);
        var remarks = new RemarkList();
        var images = new Dictionary<(ulong, ulong), int>(); // by 128 bits of the name: two names of a million agree with probability 10⁻²⁷
        var (imageColumn, captionColumn) = (-1, -1);
        _table = new TextTable(file, options.Table, (table, number, row) =>
        {
            if (number == 0) (imageColumn, captionColumn) = (Column(table, options.ImageColumn, _imageHeaders, 0), Column(table, options.CaptionColumn, _captionHeaders, 1));
            Add(table, number, row, imageColumn, captionColumn, images, remarks);
        });
        (_imageColumn, _captionColumn) = (imageColumn, captionColumn);
        if (_firstRows.Count == 0)
        {
            _table.Dispose();
            throw new InputException(file, $"holds no pair{remarks}", "Name a table with a column of pictures and one of captions");
        }

        Remarks = remarks.ToList();
        Description = FormattableString.Invariant($"{Name}: {Count} pictures, {_table.Count} rows in {Path.GetFileName(file)}{remarks}");
        _fingerprint = new(() => FileStamp.Of(Name, Enumerable.Range(0, Count).Select(i => new FileInfo(File(i)))));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public int Count => _firstRows.Count;

    /// <inheritdoc/>
    public string Fingerprint => _fingerprint.Value;

    /// <inheritdoc/>
    public IReadOnlyList<SourceRemark> Remarks { get; }

    /// <summary>Reads the table once; captions and names are read again when they are wanted.</summary>
    /// <param name="file">The CSV or TSV file.</param>
    /// <param name="options">Which columns, and where the pictures are.</param>
    /// <exception cref="InputException">The table is missing or damaged, lacks a column, or names an absent picture: names the row.</exception>
    public static TablePairs Open(string file, TablePairsOptions? options = null) => new(file, options ?? new TablePairsOptions());

    /// <summary>The file of one picture.</summary>
    public string File(int image) => FileOf(_table.Field(_firstRows[image], _imageColumn));

    /// <inheritdoc/>
    public IReadOnlyList<string> Captions(int image)
    {
        var captions = new List<string>();
        for (var row = _firstRows[image]; row >= 0; row = _nextRows[row]) captions.Add(CaptionText.Clean(_table.Field(row, _captionColumn), out _));
        return captions;
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">The file is broken.</exception>
    public RgbImage ReadImage(int image, int size) => ImageDecoding.ReadSquare(File(image), size);

    /// <inheritdoc/>
    public string ImageName(int image) => NameOf(_table.Field(_firstRows[image], _imageColumn));

    /// <inheritdoc/>
    public void Dispose() => _table.Dispose();

    private static int Column(TextTable table, string? wanted, string[] usual, int fallback)
    {
        if (wanted is not null)
        {
            for (var c = 0; c < table.Header.Count; c++)
                if (table.Header[c] == wanted) return c;
            if (int.TryParse(wanted, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= 1) return number - 1;
            throw new InputException(table.FilePath, $"has no column '{wanted}' among {CaptionText.Shown(string.Join(", ", table.Header))}", "Name one of its columns, or its number from 1");
        }

        if (table.Header.Count == 0) return fallback;
        foreach (var name in usual)
            for (var c = 0; c < table.Header.Count; c++)
                if (table.Header[c].Equals(name, StringComparison.OrdinalIgnoreCase)) return c;
        throw new InputException(table.FilePath, $"has no column named {string.Join(" or ", usual)}, but {CaptionText.Shown(string.Join(", ", table.Header))}", "Say which column it is");
    }

    private void Add(TextTable table, int number, TextRow row, int imageColumn, int captionColumn, Dictionary<(ulong, ulong), int> images, RemarkList remarks)
    {
        _nextRows.Add(-1);
        if (!row.TryBytes(imageColumn, out var field, out _) || !row.TryField(captionColumn, out var caption))
            throw new InputException(table.Where(number), FormattableString.Invariant($"has fewer than {Math.Max(imageColumn, captionColumn) + 1} columns"), "Mend the row, or say which columns and which separator");
        if (CaptionText.Clean(caption, out var odd).Length == 0)
        {
            remarks.Add("row without a caption", () => table.Where(number));
            return;
        }

        if (odd) remarks.Add("caption with control characters", () => table.Where(number));
        string? name = null;
        if (_options.FileOf is not null || field.Contains((byte)'"'))
        {
            name = row.Field(imageColumn);
            field = System.Text.Encoding.UTF8.GetBytes(NameOf(name));
        }

        var key = (PixelCacheFile.Checksum(field, 1), PixelCacheFile.Checksum(field, 2));
        if (images.TryGetValue(key, out var image))
        {
            if (image < 0) return; // absent, told before
            var last = _lastRows[image];
            _nextRows[last] = number;
            _lastRows[image] = number;
            return;
        }

        name ??= row.Field(imageColumn);
        if (name.Trim().Length == 0) throw new InputException(table.Where(number), "names no picture", "Mend the row");
        if (!System.IO.File.Exists(FileOf(name)))
        {
            if (_options.Missing == MissingPictures.Refuse)
                throw new InputException(table.Where(number), $"names '{CaptionText.Shown(name)}', which is not in {_folder}", "Put the picture back, take it off the list, or name the pictures' folder");
            remarks.Add("picture that is not there", () => $"{table.Where(number)}: {CaptionText.Shown(name)}");
            images[key] = -1;
            return;
        }

        images[key] = _firstRows.Count;
        _firstRows.Add(number);
        _lastRows.Add(number);
    }

    private string NameOf(string field) => _options.FileOf is { } take ? take(field) : field;

    private string FileOf(string field)
    {
        var name = NameOf(field).Trim();
        return name.Contains('\0', StringComparison.Ordinal) ? "" : Path.Combine(_folder, name);
    }
}
