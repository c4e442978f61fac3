using System.CommandLine;
using System.Text.Json;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>evaluate CHECKPOINT</c>: what a trained model can do, from its checkpoint alone.</summary>
internal static class EvaluateVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var checkpoint = new Argument<string>("CHECKPOINT") { Description = "A checkpoint's folder, or a run's: then its best checkpoint by validation loss, or its newest." };
        var file = new Option<string?>("--out") { Description = "The JSON file to write. Without it, CHECKPOINT.evaluation.json beside the checkpoint.", HelpName = "FILE" };
        var data = VerbOptions.Data();
        var device = VerbOptions.Device();
        var command = new Command("evaluate", "Measures a checkpoint: held-out loss, retrieval, zero-shot, as a short table and as JSON.") { checkpoint, file, data, device };
        command.SetAction(parsed =>
        {
            TorchRuntime.Initialize(parsed.GetValue(device)!);
            var found = TrainingRun.Find(parsed.GetValue(checkpoint)!);
            var evaluation = CheckpointEvaluation.Of(found, VerbOptions.DataFolder(repository, parsed.GetValue(data)));
            var path = parsed.GetValue(file) ?? found.Folder + ".evaluation.json";
            AtomicFile.WriteText(path, JsonSerializer.Serialize(evaluation, ResultsJson.Options) + "\n");
            output.WriteLine(evaluation);
            output.WriteLine($"as JSON in {path}");
        });
        return command;
    }
}
