using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Tests.Notebooks;

public class CellSourceTests
{
    [Fact]
    public void Packages_are_taken_out_and_the_lines_below_keep_their_numbers()
    {
        var cell = CellSource.Parse("#!time\n// two packages\n#r \"nuget: A.B, 1.2.3\"\n#r \"nuget:C,4.5\"\n\nvar x = 1;\nx");
        Assert.True(cell.Timed);
        Assert.Equal([new PackageReference("A.B", "1.2.3", 3), new PackageReference("C", "4.5", 4)], cell.Packages);
        Assert.Equal("\n// two packages\n\n\n\nvar x = 1;\nx", cell.Code);
        Assert.Null(cell.Import);
    }

    [Theory]
    [InlineData("#!import setup.cs", "setup.cs")]
    [InlineData("// first of all\n#!import ../a folder/x.ipynb  \n", "../a folder/x.ipynb")]
    public void An_import_stands_alone(string source, string file)
    {
        var cell = CellSource.Parse(source);
        Assert.Equal(file, cell.Import);
        Assert.False(cell.HasCode);
    }

    [Theory]
    [InlineData("#!import setup.cs\nvar x = 1;", 1, "alone")]
    [InlineData("#!import \"setup.cs\"", 1, "without quotes")]
    [InlineData("#!import", 1, "one relative path")]
    [InlineData("#!csharp\n1", 1, "`#!csharp` is not understood")]
    [InlineData("// hi\n#!share x", 2, "`#!share` is not understood")]
    [InlineData("#r \"nuget: A\"", 1, "exact version")]
    [InlineData("#r \"nuget: A, 1.0-*\"", 1, "exact version")]
    [InlineData("#r \"nuget: A, *\"", 1, "exact version")]
    [InlineData("#r \"lib/x.dll\"", 1, "pack the library")]
    [InlineData("#load \"x.csx\"", 1, "`#load` of a file")]
    [InlineData("#i \"nuget: https://example.org\"", 1, "`#i` of a file")]
    [InlineData("#r \"nuget: A, 1.0.0\"\n#!time", 2, "first line")]
    public void What_is_not_portable_is_refused_with_its_line(string source, int line, string says)
    {
        var error = Assert.Throws<CellSyntaxException>(() => CellSource.Parse(source));
        Assert.Equal(line, error.Line);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_sign_below_the_first_code_is_left_to_the_compiler()
    {
        const string Source = "var x = \"\"\"\n#r \"nuget: A, 1.0.0\"\n\"\"\";\n#nullable enable\n";
        var cell = CellSource.Parse(Source);
        Assert.Empty(cell.Packages);
        Assert.Equal(Source, cell.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n  \n")]
    [InlineData("// nothing\n\n// at all")]
    public void Comments_alone_are_no_code(string source) => Assert.False(CellSource.Parse(source).HasCode);
}
