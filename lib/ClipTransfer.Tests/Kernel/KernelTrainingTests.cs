using System.Text.Json;
using ClipTransfer.Tests.Notebooks;

namespace ClipTransfer.Tests.Kernel;

/// <summary>A training in a cell: seen while it runs, stopped at its next step, resumed.</summary>
[Trait("Category", "Slow")]
public sealed class KernelTrainingTests : IClassFixture<KernelClient>
{
    private readonly KernelClient _kernel;

    public KernelTrainingTests(KernelClient kernel) => _kernel = kernel;

    [Fact]
    public void A_training_shows_its_loss_while_it_runs_stops_at_the_next_step_and_goes_on_where_it_was()
    {
        Assert.Equal("ok", Prepare().Reply.Content["status"]!.ToString());
        var first = Interrupted("var first = run.Train(resume: true, _ => { });\n(first.Interrupted, first.Steps.Count > 0)");
        Assert.Equal("(True, True)", first);
        var second = Interrupted("var second = run.Train(resume: true, _ => { });\n(second.Interrupted, second.Steps.Count > first.Steps.Count, second.Steps.Take(first.Steps.Count).Select(step => step.Loss).SequenceEqual(first.Steps.Select(step => step.Loss)))");
        Assert.Equal("(True, True, True)", second);
    }

    private KernelClient.Answer Prepare() => _kernel.Run($"""
        #r "nuget: ClipTransfer, 0.1.0"
        using ClipTransfer.Results;
        ClipTransfer.Runtime.TorchRuntime.Initialize("cpu", threads: 1);
        var (head, settings) = TrainingRunSettings.Read({JsonSerializer.Serialize(Path.Combine(CloneFixture.Real.Root, "settings", "scenes-quick.json"))});
        var run = new TrainingRun("out", "visit", head, settings, "");
        """);

    [Fact]
    public void A_loss_that_is_no_number_says_where_it_went_wrong_and_what_to_do()
    {
        Assert.Equal("ok", Prepare().Reply.Content["status"]!.ToString());
        var answer = _kernel.Run("""
            var wild = settings with { Training = settings.Training with { LearningRate = 1e30, Epochs = 2 } };
            var wildRun = new TrainingRun("out", "wild", head, wild, "");
            wildRun.Train(resume: false, _ => { });
            """);
        string[] trace = [.. answer.Outputs.Single(item => item.Type == "error").Content["traceback"]!.AsArray().Select(line => line!.ToString())];
        Assert.Equal(2, trace.Length);
        Assert.Matches("^training CLIP.*, step [0-9]+: loss .* not finite.* Lower the learning rate", trace[0]);
        Assert.Matches("line 3: wildRun.Train", trace[1]);
    }

    /// <summary>Runs a cell, and interrupts it once its curve is seen.</summary>
    private string Interrupted(string code)
    {
        var id = _kernel.Send("execute_request", KernelClient.Cell(code));
        Assert.Contains("<progress", _kernel.Until(id, "display_data").Content["data"]!["text/html"]!.ToString(), StringComparison.Ordinal);
        var seen = "";
        while (!seen.Contains("<svg", StringComparison.Ordinal)) seen = _kernel.Until(id, "update_display_data").Content["data"]!["text/html"]!.ToString();
        Assert.Contains("loss", seen, StringComparison.Ordinal);
        _kernel.Ask("interrupt_request", [], control: true);
        return _kernel.Await(id).Shown;
    }
}
