using System.Text.Json;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Results;

public class RunDocumentTests
{
    private sealed record Settings(double Tau, int Batch);

    private static readonly RunHead _head = new("Table 1", "2 CPU cores", "1 minute", "above chance");

    [Fact]
    public void The_config_of_a_run_is_a_settings_file_again()
    {
        using var folder = new TemporaryFolder();
        var run = RunDocument.Start(folder.Path, "clip-seed0", _head, new Settings(0.07, 64));
        var (head, settings) = SettingsFile.Read<Settings>(Path.Combine(run.Folder, "config.json"));
        Assert.Equal(_head, head);
        Assert.Equal(new Settings(0.07, 64), settings);
    }

    [Fact]
    public void A_run_started_again_drops_the_old_results()
    {
        using var folder = new TemporaryFolder();
        var run = RunDocument.Start(folder.Path, "a", _head, new Settings(1, 1));
        File.WriteAllText(run.MetricsPath, "{}");
        run.Finish(new { accuracy = double.NaN });
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(File.ReadAllText(Path.Combine(run.Folder, "summary.json"))).RootElement.GetProperty("accuracy").ValueKind);
        RunDocument.Start(folder.Path, "a", _head, new Settings(1, 1));
        Assert.Equal(["config.json"], Directory.GetFiles(run.Folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("../up")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a/b")]
    public void A_name_that_would_leave_the_folder_is_refused(string name) =>
        Assert.Throws<InputException>(() => RunDocument.Start("out", name, _head, new Settings(1, 1)));

    [Theory]
    [InlineData("{ \"head\": 3", "line 1")]
    [InlineData("{}", "'head' is missing")]
    public void A_broken_settings_file_is_named_with_the_place(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("s.json"), text);
        var error = Assert.Throws<InputException>(() => SettingsFile.Read<Settings>(folder.File("s.json")));
        Assert.Contains("s.json", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
