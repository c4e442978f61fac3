using System.Security.Cryptography;
using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Models.Weights;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Training;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        Interrupt.Reset();
        _folder.Dispose();
    }

    private TrainingSettings Settings(int epochs, string run = "run") =>
        SmallRun.Settings(epochs) with { LogPath = _folder.File($"{run}/metrics.jsonl"), CheckpointFolder = CheckpointsOf(run) };

    private string CheckpointsOf(string run = "run") => _folder.File($"{run}/checkpoints");

    private string Newest(string run = "run") => new CheckpointFolder(CheckpointsOf(run)).Checkpoints[0];

    private static TrainingResult Train(TrainingSettings settings, bool resume = false, IContrastiveLoss? loss = null, Action<SmallRun>? afterEpoch = null, bool batchNorm = true)
    {
        using var run = new SmallRun(96, batchSize: 24, seed: 7, batchNorm: batchNorm);
        using var trainer = new Trainer(run.Model, loss ?? new ClipLoss(), run.Loader, settings) { AfterEpoch = _ => afterEpoch?.Invoke(run), Validation = run.Loader };
        if (resume) trainer.Resume(new CheckpointFolder(settings.CheckpointFolder!).Newest(_ => Assert.Fail("damage"))!);
        return trainer.Train();
    }

    /// <summary>Trains until a step, as Ctrl-C would have it.</summary>
    private TrainingResult TrainUntil(int step, TrainingSettings settings, bool resume = false, bool batchNorm = true)
    {
        var left = step - (resume ? Checkpoint.Open(Newest()).State.Step : 0);
        var result = Train(settings, resume, new Losing(() => left-- == 1, Interrupt.Request), batchNorm: batchNorm);
        Interrupt.Reset();
        return result;
    }

    private static byte[][] Weights(string checkpoint) =>
        [.. new[] { "model.safetensors", "optimizer.safetensors" }.Select(name => SHA256.HashData(File.ReadAllBytes(Path.Combine(checkpoint, name))))];

    [Theory]
    [InlineData(0, true)]
    [InlineData(10, true)]
    [InlineData(0, false)]
    [InlineData(0, true, Precision.BFloat16)]
    public void A_run_stopped_within_epochs_and_resumed_ends_with_the_same_bits(int chunkSize, bool batchNorm, Precision precision = Precision.Float32)
    {
        var changes = (TrainingSettings s) => s with { Precision = precision, ChunkSize = chunkSize, Augmentation = new PixelAugmentation(), CheckpointEvery = 3 };
        var straight = Train(changes(Settings(4, "straight")), batchNorm: batchNorm);
        var settings = changes(Settings(4));
        Assert.True(TrainUntil(2, settings, batchNorm: batchNorm).Interrupted);
        Assert.True(TrainUntil(7, settings, resume: true, batchNorm: batchNorm).Interrupted);
        var resumed = Train(settings, resume: true, batchNorm: batchNorm);

        Assert.Equal(16, resumed.Steps.Count);
        Assert.Equal(straight.Steps.Select(s => (s.Step, s.Epoch, s.Loss, s.GradientNorm)), resumed.Steps.Select(s => (s.Step, s.Epoch, s.Loss, s.GradientNorm)));
        Assert.Equal(straight.Epochs.Select(e => (e.Epoch, e.Loss, e.ValidationLoss)), resumed.Epochs.Select(e => (e.Epoch, e.Loss, e.ValidationLoss)));
        Assert.Equal(Enumerable.Range(0, 16), RunLog.Read(settings.LogPath!).Select(s => s.Step));
        Assert.Equal(Weights(Newest("straight")), Weights(Newest()));
    }

    [Fact]
    public void A_run_that_chose_its_precision_itself_keeps_to_its_checkpoints_whatever_is_measured_now()
    {
        // The measurement of this machine and what the checkpoint says are made to differ: the latter is the format that was not chosen.
        var auto = Settings(3) with { Precision = Precision.Auto };
        Assert.True(TrainUntil(5, auto).Interrupted);
        var chosen = PrecisionPolicy.Choose(Precision.Auto);
        var other = chosen.Working == Precision.Float32 ? Precision.BFloat16 : Precision.Float32;
        var fixedOne = Settings(3, "fixed") with { Precision = other };
        Directory.CreateDirectory(Path.GetDirectoryName(fixedOne.LogPath!)!);
        File.Copy(auto.LogPath!, fixedOne.LogPath!);
        foreach (var path in Directory.GetFiles(CheckpointsOf(), "*", SearchOption.AllDirectories).Where(path => path.StartsWith(Newest(), StringComparison.Ordinal)))
        {
            var copy = path.Replace(CheckpointsOf(), CheckpointsOf("fixed"), StringComparison.Ordinal);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        Change(Newest(), state => state with { Precision = PrecisionPolicy.Choose(other) with { Asked = Precision.Auto } });
        Change(Newest("fixed"), state => state with { Precision = PrecisionPolicy.Choose(other), Settings = state.Settings with { Precision = other } });
        var (resumed, expected) = (Train(auto, resume: true), Train(fixedOne, resume: true));
        Assert.Equal((other, Precision.Auto), (resumed.Precision.Working, resumed.Precision.Asked));
        Assert.Equal(12, resumed.Steps.Count);
        Assert.Equal(expected.Steps.Select(s => (s.Loss, s.GradientNorm)), resumed.Steps.Select(s => (s.Loss, s.GradientNorm)));
        Assert.Equal(Weights(Newest("fixed")), Weights(Newest()));
        Assert.Equal(other, Checkpoint.Open(Newest()).State.Precision.Working);

        static void Change(string checkpoint, Func<CheckpointState, CheckpointState> change)
        {
            var file = Path.Combine(checkpoint, "state.json");
            File.WriteAllText(file, System.Text.Json.JsonSerializer.Serialize(change(Checkpoint.Open(checkpoint).State), CheckpointState.Json));
            File.Delete(Path.Combine(checkpoint, Checksums.FileName));
            Checksums.Write(checkpoint);
        }
    }

    [Fact]
    public void A_checkpoint_alone_gives_a_fresh_model_the_trained_ones_embeddings()
    {
        using var scope = NewDisposeScope();
        using var trained = new SmallRun(96, batchSize: 24, seed: 7, batchNorm: true);
        using (var trainer = new Trainer(trained.Model, new ClipLoss(), trained.Loader, Settings(2)) { Attached = new Dictionary<string, string> { ["note.txt"] = "é" } })
            trainer.Train();
        using var fresh = new SmallRun(96, batchSize: 24, seed: 8, batchNorm: true);
        var checkpoint = Checkpoint.Open(Newest());
        Assert.Equal("é", checkpoint.Attached("note.txt"));
        Assert.Equal((8, 2, 0, 8), (checkpoint.State.Step, checkpoint.State.Epoch, checkpoint.State.Batch, checkpoint.State.OptimizerSteps));
        Assert.Equivalent(trained.Model.Settings, checkpoint.State.Model);
        using var batch = trained.Loader.Batch(0, 0);
        var pixels = PixelNormalisation.Apply(batch.Pixels);
        fresh.Model.eval();
        Assert.False(fresh.Model.EncodeImage(pixels).equal(trained.Model.EncodeImage(pixels)).all().item<bool>());
        checkpoint.LoadInto(fresh.Model);
        Assert.True(fresh.Model.EncodeImage(pixels).equal(trained.Model.EncodeImage(pixels)).all().item<bool>());
        Assert.True(fresh.Model.EncodeText(batch.Tokens).equal(trained.Model.EncodeText(batch.Tokens)).all().item<bool>());

        using var other = new SmallRun(96, batchSize: 24, batchNorm: false);
        Assert.StartsWith(Path.Combine(Newest(), "model.safetensors"), Assert.Throws<InputException>(() => checkpoint.LoadInto(other.Model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_of_any_byte_is_one_error_that_names_the_file_and_the_run_goes_on_from_the_checkpoint_before()
    {
        Train(Settings(3));
        var newest = Newest();
        var random = new Random(5);
        foreach (var file in Directory.GetFiles(newest))
        {
            var whole = File.ReadAllBytes(file);
            var broken = whole.ToArray();
            broken[random.Next(broken.Length)] ^= 4;
            foreach (var damage in new Action[] { () => File.WriteAllBytes(file, broken), () => File.WriteAllBytes(file, whole[..(whole.Length / 2)]), () => File.Delete(file) })
            {
                damage();
                var error = Assert.Throws<InputException>(() => Checkpoint.Open(newest));
                Assert.Contains(newest, error.Where, StringComparison.Ordinal);
                Assert.True(error.Where.Contains(Path.GetFileName(file), StringComparison.Ordinal) || file.EndsWith("SHA256SUMS", StringComparison.Ordinal), error.Message);
                List<string> said = [];
                Assert.Equal(8, new CheckpointFolder(CheckpointsOf()).Newest(said.Add)!.State.Step);
                Assert.Contains("going on with the checkpoint before it", Assert.Single(said), StringComparison.Ordinal);
                File.WriteAllBytes(file, whole);
            }
        }

        Assert.Equal(12, Checkpoint.Open(newest).State.Step);
        foreach (var checkpoint in new CheckpointFolder(CheckpointsOf()).Checkpoints) File.Delete(Path.Combine(checkpoint, "state.json"));
        Assert.Contains("none of its 3 checkpoints is whole", Assert.Throws<InputException>(() => new CheckpointFolder(CheckpointsOf()).Newest(_ => { })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resumed_run_replaces_a_damaged_checkpoint_by_a_whole_one()
    {
        Train(Settings(3));
        var newest = Newest();
        var before = Weights(newest);
        File.WriteAllText(Path.Combine(newest, "model.safetensors"), "");
        Directory.CreateDirectory(newest + ".part"); // what a killed writer leaves
        using var run = new SmallRun(96, batchSize: 24, seed: 7, batchNorm: true);
        using var trainer = new Trainer(run.Model, new ClipLoss(), run.Loader, Settings(3)) { Validation = run.Loader };
        trainer.Resume(new CheckpointFolder(CheckpointsOf()).Newest(_ => { })!);
        trainer.Train();
        Assert.Equal(before, Weights(newest));
        Assert.All(Directory.GetDirectories(CheckpointsOf()), path => Checkpoint.Open(path));
    }

    [Fact]
    public void The_newest_are_kept_and_the_best_beside_them()
    {
        // What is learned by heart at once, at a learning rate that then spoils it: the best epoch is an early one.
        var result = Train(Settings(7) with { KeepCheckpoints = 2, LearningRate = 0.05, WarmupShare = 0.9 });
        var best = result.Epochs.MinBy(e => e.ValidationLoss)!;
        Assert.Equal(best, result.Best);
        Assert.InRange(best.Epoch, 0, 4);
        Assert.Equal([28, 24, 4 * (best.Epoch + 1)], new CheckpointFolder(CheckpointsOf()).Checkpoints.Select(path => Checkpoint.Open(path).State.Step));
    }

    [Fact]
    public void The_held_out_loss_ends_a_training_that_no_longer_lowers_it()
    {
        var settings = Settings(30) with { Patience = 3, LearningRate = 0.05, WarmupShare = 0.9 };
        var result = Train(settings);
        Assert.True(result.StoppedEarly);
        Assert.False(result.Interrupted);
        Assert.Equal(result.Best!.Epoch + 3, result.Epochs[^1].Epoch);
        Assert.All(result.Epochs, e => Assert.True(e.ValidationLoss >= result.Best.ValidationLoss));
        Assert.Equal(result.Epochs.Count, Train(settings, resume: true).Epochs.Count); // it is over, also when resumed
        Assert.Equal(30, Train(Settings(30, "on") with { LearningRate = 0.05, WarmupShare = 0.9 }).Epochs.Count);
    }

    [Fact]
    public void The_held_out_loss_is_the_mean_over_batches_in_evaluation_mode()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(96, batchSize: 24, batchNorm: true, projection: ProjectionKind.Residual);
        run.Model.train();
        var held = HeldOutLoss.Measure(run.Model, new ClipRegLoss(), run.Loader);
        Assert.True(run.Model.training);
        run.Model.eval();
        var losses = Enumerable.Range(0, 4).Select(k =>
        {
            using var batch = run.Loader.Batch(0, k);
            var (g, h) = (run.Model.EncodeImage(PixelNormalisation.Apply(batch.Pixels)).to(ScalarType.Float64), run.Model.EncodeText(batch.Tokens).to(ScalarType.Float64));
            return new ClipRegLoss().Compute(g, h, run.Model.LogitScale.Value().to(ScalarType.Float64)).Total.item<double>();
        });
        Assert.Equal(losses.Average(), held.Loss, 1e-5);
        Assert.Equal(4, held.Batches);
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_by_its_first_difference()
    {
        Train(Settings(1));
        foreach (var (settings, loss, says) in new (TrainingSettings, IContrastiveLoss, string)[]
                 {
                     (Settings(1) with { LearningRate = 0.5 }, new ClipLoss(), "settings.learningRate 0.003, and this run has 0.5"),
                     (Settings(2), new ClipLoss(), "settings.epochs 1, and this run has 2"),
                     (Settings(1), new CyClipLoss(), "method \"CLIP\", and this run has \"CyCLIP\""),
                 })
        {
            Assert.Contains(says, Assert.Throws<InputException>(() => Train(settings, resume: true, loss)).Message, StringComparison.Ordinal);
        }

        Train(Settings(1) with { KeepCheckpoints = 9, Patience = 5, CheckpointEvery = 1 }, resume: true); // decides no step
        File.WriteAllLines(Settings(1).LogPath!, File.ReadAllLines(Settings(1).LogPath!)[..2]);
        Assert.Contains("metrics.jsonl: lacks step 2, and the checkpoint is of step 4", Assert.Throws<InputException>(() => Train(Settings(1), resume: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_are_not_finite_are_never_written()
    {
        var epoch = 0;
        var error = Assert.Throws<InputException>(() => Train(Settings(9) with { CheckpointEvery = 1 }, afterEpoch: run =>
        {
            using var free = no_grad();
            if (epoch++ == 1) run.Model.parameters().First(p => p.requires_grad).fill_(float.NaN);
        }));
        // The last good one is named, and is good.
        Assert.Contains($"the last good checkpoint is {Newest()}", error.Message, StringComparison.Ordinal);
        Assert.Equal(8, Checkpoint.Open(Newest()).State.Step);
        using var file = SafetensorsFile.Open(Path.Combine(Newest(), "model.safetensors"));
        foreach (var entry in file.Entries)
        {
            using var tensor = file.Read(entry.Name);
            Assert.True(tensor.isfinite().all().item<bool>());
        }
    }

    [Fact]
    public void A_finite_gradient_that_blows_the_weights_up_leaves_no_checkpoint()
    {
        // Loss and gradient of the first step are finite; a learning rate beyond float32 is not.
        var error = Assert.Throws<InputException>(() => Train(Settings(9) with { CheckpointEvery = 1, LearningRate = 1e39, WarmupShare = 0 }));
        Assert.StartsWith("training CLIP, step 5: loss NaN", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("last good checkpoint", error.Message, StringComparison.Ordinal);
        Assert.Empty(new CheckpointFolder(CheckpointsOf()).Checkpoints);
    }

    [Fact]
    public void A_skipped_step_leaves_the_running_averages_as_they_were()
    {
        using var run = new SmallRun(24, batchSize: 24, batchNorm: true);
        using var scope = NewDisposeScope();
        var before = run.Model.named_buffers().Select(b => b.buffer.clone()).ToArray();
        using var trainer = new Trainer(run.Model, new Losing(() => true, () => { }, float.NaN), run.Loader, SmallRun.Settings(2));
        Assert.Equal(2, trainer.Train().SkippedSteps);
        Assert.All(before.Zip(run.Model.named_buffers()), pair => Assert.True(pair.First.equal(pair.Second.buffer).all().item<bool>()));
    }

    /// <summary>CLIP's loss that does something at some steps.</summary>
    private sealed class Losing(Func<bool> when, Action what, float factor = 1) : IContrastiveLoss
    {
        public string Name => "CLIP";

        public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
        {
            var terms = new ClipLoss().Compute(batch, logitScale);
            if (!batch.Image.requires_grad || !when()) return terms; // not in validation
            what();
            return terms with { Total = terms.Total * factor };
        }
    }
}
