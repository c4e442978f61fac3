using System.Text.RegularExpressions;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Models.Weights;

public partial class WeightsCatalogTests
{
    [Fact]
    public void Every_entry_is_well_formed()
    {
        Assert.Equal(WeightsCatalog.Entries.Count, WeightsCatalog.Entries.Select(e => e.Name).Distinct().Count());
        foreach (var entry in WeightsCatalog.Entries)
        {
            Assert.Matches(SafeName(), entry.Name);
            Assert.Contains(entry.Kind, new[] { "image tower", "text tower", "dual encoder", "vocabulary" });
            Assert.All(new[] { entry.Title, entry.Model, entry.Licence, entry.Citation }, text => Assert.False(string.IsNullOrWhiteSpace(text)));
            Assert.Equal("https", new Uri(entry.HomePage).Scheme);
            Assert.NotEmpty(entry.Files);
            foreach (var source in entry.Files)
            {
                Assert.Equal("https", new Uri(source.Url).Scheme);
                Assert.Matches(SafeName(), source.File);
                Assert.EndsWith("/" + source.File, source.Url, StringComparison.Ordinal);
                if (source.Sha256 is not null) Assert.Matches(Sha256(), source.Sha256);
                if (source.Bytes is not null) Assert.InRange(source.Bytes.Value, 1, 1L << 40);
            }
        }
    }

    [Fact]
    public void Hashes_agree_with_what_the_addresses_themselves_say()
    {
        // OpenAI puts the whole hash into the address; torchvision and open_clip put its first eight digits into the name.
        var checkedFiles = 0;
        foreach (var source in WeightsCatalog.Entries.SelectMany(e => e.Files))
        {
            if (InAddress().Match(source.Url) is { Success: true } whole)
            {
                Assert.Equal(whole.Groups[1].Value, source.Sha256);
                checkedFiles++;
            }
            else if (InName().Match(source.File) is { Success: true } prefix)
            {
                Assert.StartsWith(prefix.Groups[1].Value, source.Sha256, StringComparison.Ordinal);
                checkedFiles++;
            }
        }

        Assert.Equal(6, checkedFiles);
    }

    [Fact]
    public void A_file_is_located_only_where_it_is()
    {
        using var folder = new TemporaryFolder();
        Assert.Null(WeightsCatalog.Locate("distilbert", folder.Path));
        Assert.Null(WeightsCatalog.Locate("distilbert", null));
        var path = Path.Combine(folder.Path, "weights", "distilbert", "vocab.txt");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        Assert.Equal(path, WeightsCatalog.Locate("distilbert", folder.Path, "vocab.txt"));
        Assert.Null(WeightsCatalog.Locate("distilbert", folder.Path));
        Assert.Contains("distilbert", Assert.Throws<InputException>(() => WeightsCatalog.Find("bert-huge")).Message, StringComparison.Ordinal);
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    private static partial Regex SafeName();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Sha256();

    [GeneratedRegex("/([0-9a-f]{64})/")]
    private static partial Regex InAddress();

    [GeneratedRegex(@"-([0-9a-f]{8})\.")]
    private static partial Regex InName();
}
