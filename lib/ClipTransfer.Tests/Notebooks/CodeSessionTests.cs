using System.Runtime.Loader;
using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Tests.Notebooks;

public class CodeSessionTests
{
    private readonly CodeSession _session = new(BuildPackages.Read().Framework);

    [Fact]
    public async Task Variables_usings_types_and_aliases_persist_and_can_be_declared_anew()
    {
        await Run("using System.Globalization;\nusing static System.Math;\nusing N = System.Numerics.Complex;\nvar x = 3;\nint Twice(int v) => 2 * v;\nrecord Pair(int A, int[] B);");
        Assert.Equal(6, await Run("Twice(x)"));
        Assert.Equal(4.0, await Run("Max(1.0, 4.0)"));
        Assert.Equal("1,5", await Run("1.5.ToString(new NumberFormatInfo { NumberDecimalSeparator = \",\" })"));
        Assert.Equal(new System.Numerics.Complex(1, 2), await Run("new N(1, 2)"));
        await Run("x = 5;");
        Assert.Equal(5, await Run("x"));
        await Run("var x = \"a text now\";");
        Assert.Equal("a text now", await Run("x"));
        Assert.Equal(2, await Run("new Pair(1, [1, 2]).B.Length"));
    }

    [Fact]
    public async Task Usings_alone_are_a_piece_too()
    {
        await Run("using System.Globalization;");
        Assert.Equal("", await Run("CultureInfo.InvariantCulture.Name"));
    }

    [Fact]
    public async Task Await_collection_expressions_and_raw_strings_work_at_the_top()
    {
        Assert.Equal(7, await Run("await Task.Delay(1);\nvar v = await Task.FromResult(7);\nv"));
        Assert.Equal(3, await Run("int[] xs = [1, .. new[] { 2, 3 }];\nxs.Length"));
        Assert.Equal("a \"b\" c", await Run("\"\"\"a \"b\" c\"\"\""));
        Assert.Equal(4, await Run("#nullable enable\nstring? s = \"four\";\ns!.Length"));
    }

    [Theory]
    [InlineData("var q = 1;", false)]
    [InlineData("1;", false)]
    [InlineData("1", true)]
    [InlineData("Console.Out.Flush()", false)]
    [InlineData("await Task.CompletedTask", false)]
    [InlineData("(object?)null", true)]
    [InlineData("int F() => 1;", false)]
    public async Task Only_a_last_expression_without_semicolon_is_a_value(string code, bool hasValue)
    {
        // A lone `1;` is an error to C# itself.
        if (code == "1;") await Assert.ThrowsAsync<CompileException>(() => _session.RunAsync(code, "cell"));
        else Assert.Equal(hasValue, (await _session.RunAsync(code, "cell")).HasValue);
    }

    [Fact]
    public async Task A_compile_error_names_its_place_and_leaves_the_session_as_it_was()
    {
        await Run("var kept = 1;");
        var error = await Assert.ThrowsAsync<CompileException>(() => _session.RunAsync("var a = 1;\n\nvar b = missing + 1;\nvar c = alsoMissing;", "cell 9"));
        Assert.Equal(["CS0103", "CS0103"], error.Errors.Select(diagnostic => diagnostic.Id));
        Assert.Equal([2, 3], error.Errors.Select(diagnostic => diagnostic.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Equal("cell 9", error.Errors[0].Location.GetLineSpan().Path);
        Assert.Equal(1, await Run("kept"));
        await Assert.ThrowsAsync<CompileException>(() => _session.RunAsync("a", "cell"));
    }

    [Fact]
    public async Task What_a_failing_piece_had_set_is_there_afterwards()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _session.RunAsync("var before = 1;\nif (before == 1) throw new InvalidOperationException();\nvar after = 2;", "cell"));
        Assert.Equal(1, await Run("before"));
        Assert.Equal(0, await Run("after"));
    }

    [Fact]
    public async Task An_exception_has_the_line_even_where_the_runtime_throws_it()
    {
        foreach (var (line, error) in new[] { ("(new int[1])[n]", "IndexOutOfRangeException"), ("1 / (n - 1)", "DivideByZeroException"), ("((string?)null)!.Length", "NullReferenceException") })
        {
            var thrown = await Assert.ThrowsAnyAsync<Exception>(() => _session.RunAsync($"var n = 1;\n\n\nvar v = {line};", "cell 4"));
            Assert.Equal(error, thrown.GetType().Name);
            Assert.Contains("cell 4:line 4", thrown.StackTrace, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_library_is_not_loaded_a_second_time()
    {
        _session.Add(new PackageAssets([typeof(CodeSession).Assembly.Location, typeof(ClipTransfer.Runtime.InputException).Assembly.Location], [], []).References);
        var type = Assert.IsAssignableFrom<Type>(await Run("typeof(ClipTransfer.Runtime.InputException)"));
        Assert.Same(typeof(ClipTransfer.Runtime.InputException), type);
        Assert.Same(AssemblyLoadContext.Default, AssemblyLoadContext.GetLoadContext(type.Assembly));
    }

    [Fact]
    public async Task Only_what_both_other_engines_import_is_imported()
    {
        Assert.Equal("1", await Run("new StringBuilder().Append(new List<int> { 1 }.First()).ToString()"));
        // .NET Interactive does not import System.IO, so a notebook has to.
        await Assert.ThrowsAsync<CompileException>(() => _session.RunAsync("Path.GetTempPath()", "cell"));
    }

    [Fact]
    public async Task Many_pieces_in_a_row_find_their_predecessors()
    {
        await Run("var sum = 0;");
        for (var i = 1; i <= 80; i++) await Run($"var v{i} = {i}; sum += v{i};");
        Assert.Equal(3240, await Run("sum"));
        Assert.Equal(1 + 80, await Run("v1 + v80"));
    }

    private async Task<object?> Run(string code) => (await _session.RunAsync(code, "cell")).Value;
}
