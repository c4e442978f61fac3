namespace ClipTransfer.Data;

/// <summary>A file to fetch for a set.</summary>
/// <param name="Address">Where it lies.</param>
/// <param name="Bytes">Its length; null where it is not certain.</param>
/// <param name="Sha256">Its SHA-256, lower case hex; null where nobody published it.</param>
/// <param name="Md5">Its MD5, where that was published.</param>
/// <param name="Into">The folder below the data folder where it is unpacked, or put where it is no archive.</param>
public sealed record DatasetArchive(string Address, long? Bytes, string? Sha256, string? Md5, string Into)
{
    /// <summary>What to fetch.</summary>
    public DownloadFile File => new(Address, Bytes, Sha256, Md5);
}

/// <summary>What is known of a data set (<c>datasets/datasets.json</c>).</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">Its full name.</param>
/// <param name="Kind"><c>pairs</c> or <c>labelled</c>.</param>
/// <param name="HomePage">Where its authors describe it.</param>
/// <param name="Licence">Terms of use, in one sentence.</param>
/// <param name="Citation">What to cite.</param>
/// <param name="Layout">The files it consists of.</param>
/// <param name="Folders">Where it is looked for below the data folder.</param>
/// <param name="Splits">Splits of the release, and how many pictures each has.</param>
/// <param name="Archives">What to fetch, where it can be fetched without an agreement.</param>
/// <param name="ClassNames">Classes in label order, as OpenAI published them for CLIP; a file of the set itself comes first.</param>
/// <param name="Templates">Prompt templates; empty for pairs.</param>
public sealed record DatasetEntry(
    string Name, string Title, string Kind, string HomePage, string Licence, string Citation, string Layout, IReadOnlyList<string> Folders,
    IReadOnlyDictionary<string, int> Splits, IReadOnlyList<DatasetArchive> Archives, IReadOnlyList<string> ClassNames, IReadOnlyList<string> Templates)
{
    /// <summary>One line on an opened split: how many pictures, of how many, from where.</summary>
    internal string Describe(string split, int count, string folder) => FormattableString.Invariant(
        $"{Title} {split}: {count} pictures{(count < Splits[split] ? $" (subset {count} of {Splits[split]})" : "")} in {Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))}");
}

/// <summary>Whether a set is there.</summary>
/// <param name="Entry">What is known of it.</param>
/// <param name="Folder">Where it lies; null where it was not found.</param>
public sealed record DatasetStatus(DatasetEntry Entry, string? Folder);
