using ClipTransfer.Data;
using ClipTransfer.Losses;
using ClipTransfer.Runtime;
using ClipTransfer.Training;
using static TorchSharp.torch;

namespace ClipTransfer.Tests.Training;

public class TrainerTests
{
    private static TrainingResult Train(int epochs, IContrastiveLoss loss, long seed = 0, int pairs = 96)
    {
        using var run = new SmallRun(pairs, batchSize: 32, seed);
        using var trainer = run.Trainer(epochs, loss);
        return trainer.Train();
    }

    [Fact]
    public void Two_runs_with_one_seed_give_bit_equal_losses()
    {
        var losses = new[] { 3L, 3L, 4L }.Select(seed => Train(3, new ClipRegLoss(), seed).Steps.Select(s => s.Loss).ToArray()).ToArray();
        Assert.Equal(9, losses[0].Length);
        Assert.Equal(losses[0], losses[1]);
        Assert.NotEqual(losses[0], losses[2]);
    }

    [Fact]
    public void The_loop_of_ten_lines_is_the_trainer_to_the_bit()
    {
        var settings = SmallRun.Settings(2);
        using var reference = new SmallRun(96);
        using (var trainer = new Trainer(reference.Model, new CyClipLoss(), reference.Loader, settings)) trainer.Train();

        using var run = new SmallRun(96);
        var (model, loader, loss, schedule) = (run.Model, run.Loader, new CyClipLoss(), WarmupCosine.Of(2 * run.Loader.BatchesPerEpoch, settings.WarmupShare));
        model.train();
        using var parameters = new FlatParameters(model);
        using var optimizer = new FlatAdamW(parameters, settings);
        using var gradients = new GradCache(model, loss);
        for (var (epoch, step) = (0, 0); epoch < settings.Epochs; epoch++)
        {
            foreach (var batch in loader.Epoch(epoch))
            {
                using var scope = NewDisposeScope();
                optimizer.ZeroGradients();
                gradients.Backward(batch, rows => PixelNormalisation.Apply(rows.Pixels), Seeds.Derive(settings.Seed, "step", step));
                optimizer.Step(schedule.Factor(step++), optimizer.GradientNorm());
                model.LogitScale.Clamp();
                batch.Dispose();
            }
        }

        using var end = NewDisposeScope();
        foreach (var (mine, expected) in model.named_parameters().Zip(reference.Model.named_parameters()))
            Assert.Equal(expected.parameter.detach().data<float>().ToArray(), mine.parameter.detach().data<float>().ToArray());
    }

    [Fact]
    public void Thirty_two_pairs_are_learned_by_heart_far_below_chance()
    {
        // A loss that stays at ln 32 = 3.47 is the classic sign of a broken training; random embeddings of width 16 start above it.
        var result = Train(80, new ClipLoss(), pairs: 32);
        Assert.InRange(result.Steps[0].Loss, 3.4, 8);
        Assert.True(result.FinalLoss < 0.5, $"{result.FinalLoss}");
    }

    [Fact]
    public void The_regulariser_alone_collapses_to_zero_without_learning_to_tell_pairs_apart()
    {
        using var run = new SmallRun();
        using var trainer = run.Trainer(60, new L2OnlyLoss());
        var result = trainer.Train();
        Assert.True(result.FinalLoss < 0.05, $"{result.FinalLoss}");
        using var scope = NewDisposeScope();
        using var batch = run.Loader.Batch(0, 0);
        var image = run.Model.EncodeImage(PixelNormalisation.Apply(batch.Pixels));
        var contrastive = new ClipLoss().Compute(image, run.Model.EncodeText(batch.Tokens), tensor(1f)).Total.item<float>();
        Assert.True(contrastive > 0.9 * Math.Log(32), $"{contrastive}");
        Assert.All(result.Steps, step => Assert.Equal(1 / 0.07, step.LogitScale, 1e-4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void No_tensor_is_left_behind_by_a_step(int chunkSize)
    {
        using var folder = new TemporaryFolder();
        using var run = new SmallRun(pairs: 64, batchSize: 16, batchNorm: true);
        var counts = new List<long>();
        // Over all threads: batches are made by the loader's and disposed by the trainer's. Validation and checkpoints are part of it.
        var settings = SmallRun.Settings(50) with { ChunkSize = chunkSize, LogPath = folder.File("log.jsonl"), CheckpointFolder = chunkSize > 0 ? folder.Path : null };
        using var trainer = new Trainer(run.Model, new CyClipLoss(), run.Loader, settings) { AfterEpoch = _ => counts.Add(Tensor.TotalCount), Validation = run.Loader };
        // What earlier tests left to the collector must not go while we count, which would hide a leak of ours.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        trainer.Train();
        Assert.Equal(50, counts.Count); // 200 steps
        Assert.All(counts.Skip(2), count => Assert.True(count <= counts[1], $"{count} tensors, after the second epoch {counts[1]}"));
    }

    [Fact]
    public void Augmentation_reaches_the_model_and_its_identity_changes_nothing()
    {
        double[] Losses(PixelAugmentation? augmentation)
        {
            using var run = new SmallRun();
            using var trainer = new Trainer(run.Model, new ClipLoss(), run.Loader, SmallRun.Settings(2) with { Augmentation = augmentation });
            return [.. trainer.Train().Steps.Select(s => s.Loss)];
        }

        var (none, identity, some) = (Losses(null), Losses(new PixelAugmentation { SmallestArea = 1, WidestAspect = 1, FlipProbability = 0 }), Losses(new PixelAugmentation()));
        Assert.Equal(none[0], identity[0], 1e-4);
        Assert.NotEqual(none[0], some[0], 2e-3); // a new tower looks little at its input
    }

    [Fact]
    public void Learning_rate_and_records_follow_the_settings()
    {
        var result = Train(4, new ClipRegLoss());
        var schedule = WarmupCosine.Of(12, 0.1);
        Assert.Equal(Enumerable.Range(0, 12).Select(t => 3e-3 * schedule.Factor(t)), result.Steps.Select(s => s.LearningRate));
        Assert.Equal(Enumerable.Range(0, 12), result.Steps.Select(s => s.Step));
        Assert.Equal([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], result.Steps.Select(s => s.Epoch));
        Assert.Equal(4, result.Epochs.Count);
        Assert.Equal("CLIP+Reg", result.Method);
        Assert.Equal(["alignment", "imageToText", "textToImage"], result.Steps[0].Terms.Keys.Order(StringComparer.Ordinal));
        Assert.All(result.Steps, s =>
            Assert.Equal(s.Loss, (s.Terms["imageToText"] + s.Terms["textToImage"]) / 2 + 0.1 * s.Terms["alignment"], 1e-5));
        foreach (var epoch in result.Epochs)
            Assert.Equal(result.Steps.Where(s => s.Epoch == epoch.Epoch).Average(s => s.Loss), epoch.Loss, 1e-12);
        Assert.False(result.Interrupted);
    }

    [Fact]
    public void An_interrupt_ends_the_training_at_the_next_step_and_keeps_what_there_is()
    {
        var log = Path.Combine(Directory.CreateTempSubdirectory("trainer").FullName, "log.jsonl");
        try
        {
            using var run = new SmallRun(96);
            using var trainer = new Trainer(run.Model, new InterruptingLoss(atStep: 4), run.Loader, SmallRun.Settings(10) with { LogPath = log });
            var result = trainer.Train();
            Assert.True(result.Interrupted);
            Assert.Equal(5, result.Steps.Count);
            Assert.Single(result.Epochs);
            Assert.Equal(result.Steps.Select(s => s.Loss), RunLog.Read(log).Select(s => s.Loss));
        }
        finally
        {
            Interrupt.Reset();
            Directory.Delete(Path.GetDirectoryName(log)!, recursive: true);
        }
    }

    [Fact]
    public void A_step_that_is_not_finite_is_skipped_and_counted()
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(96);
        using var trainer = run.Trainer(3, new BreakingLoss(step => step is 2 or 3));
        var result = trainer.Train();
        Assert.Equal(2, result.SkippedSteps);
        Assert.Equal([2, 3], result.Steps.Where(s => s.Skipped).Select(s => s.Step));
        Assert.All(run.Model.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
    }

    [Theory]
    [InlineData(Precision.Float32, true)]
    [InlineData(Precision.Float32, false)]
    [InlineData(Precision.BFloat16, true)]
    [InlineData(Precision.BFloat16, false)]
    public void A_step_whose_loss_is_finite_and_whose_gradient_is_not_is_skipped_and_counted_too(Precision precision, bool inTower)
    {
        using var scope = NewDisposeScope();
        using var run = new SmallRun(96);
        using var trainer = new Trainer(run.Model, new SteepLoss(step => step is 2 or 3, inTower), run.Loader, SmallRun.Settings(3) with { Precision = precision });
        var result = trainer.Train();
        Assert.Equal([2, 3], result.Steps.Where(s => s.Skipped).Select(s => s.Step));
        Assert.Equal(2, result.SkippedSteps);
        Assert.All(result.Steps, s => Assert.InRange(s.Loss, 0.1, 20));
        Assert.All(result.Steps, s => Assert.Equal(s.Skipped, !double.IsFinite(s.GradientNorm)));
        Assert.All(run.Model.parameters(), p => Assert.True(p.isfinite().all().item<bool>()));
    }

    [Fact]
    public void The_log_has_the_parts_learning_rates_where_they_differ()
    {
        StepRecord[] Steps(TrainingSettings settings)
        {
            using var run = new SmallRun(96);
            using var trainer = new Trainer(run.Model, new ClipLoss(), run.Loader, settings);
            return [.. trainer.Train().Steps];
        }

        Assert.All(Steps(SmallRun.Settings(2)), s => Assert.Null(s.Rates));
        var steps = Steps(SmallRun.Settings(2) with { ImageRate = 0.1, HeadRate = 3 });
        var schedule = WarmupCosine.Of(6, 0.1);
        foreach (var step in steps)
        {
            var rate = 3e-3 * schedule.Factor(step.Step);
            Assert.Equal(rate, step.LearningRate, 1e-12);
            Assert.Equal(0.1 * rate, step.Rates!.Image, 1e-12);
            Assert.Equal(rate, step.Rates.Text, 1e-12);
            Assert.Equal(3 * rate, step.Rates.Heads, 1e-12);
        }
    }

    [Fact]
    public void A_step_in_which_libtorch_fails_once_is_done_again_to_the_same_bits()
    {
        using var scope = NewDisposeScope();
        float[] Weights(params int[] failing)
        {
            using var run = new SmallRun(96);
            using var trainer = run.Trainer(3, new FailingLoss(failing));
            Assert.Equal(0, trainer.Train().SkippedSteps);
            return [.. run.Model.parameters().SelectMany(p => p.data<float>().ToArray())];
        }

        Assert.Equal(Weights(), Weights(2, 5));
        Assert.ThrowsAny<System.Runtime.InteropServices.ExternalException>(() => Weights(2, 3)); // the second try of step 2
    }

    [Fact]
    public void Too_many_steps_in_a_row_that_are_not_finite_end_the_training_and_name_the_step()
    {
        using var run = new SmallRun(96);
        using var trainer = run.Trainer(10, new BreakingLoss(step => step >= 7));
        var error = Assert.Throws<InputException>(() => trainer.Train());
        Assert.StartsWith("training CLIP, step 11: loss NaN", error.Message, StringComparison.Ordinal);
        Assert.Contains("Lower the learning rate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_logit_scale_never_passes_a_hundred()
    {
        using var run = new SmallRun(32, temperature: 0.0101);
        using var trainer = new Trainer(run.Model, new ClipLoss(), run.Loader, SmallRun.Settings(60) with { LearningRate = 0.02 });
        var result = trainer.Train();
        Assert.All(result.Steps, s => Assert.InRange(s.LogitScale, 1, 100.0001));
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused_by_name()
    {
        using var run = new SmallRun();
        foreach (var bad in new[]
                 {
                     SmallRun.Settings(0), SmallRun.Settings(1) with { LearningRate = double.NaN }, SmallRun.Settings(1) with { Beta2 = 1 },
                     SmallRun.Settings(1) with { WarmupShare = 1 }, SmallRun.Settings(1) with { GradientClip = -1 },
                 })
        {
            Assert.StartsWith("training settings", Assert.Throws<InputException>(() => new Trainer(run.Model, new ClipLoss(), run.Loader, bad)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>CLIP's loss that asks for an end, as a user's Ctrl-C would in the middle of a step.</summary>
    private sealed class InterruptingLoss(int atStep) : IContrastiveLoss
    {
        private int _step;

        public string Name => "CLIP";

        public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
        {
            if (_step++ == atStep) Interrupt.Request();
            return new ClipLoss().Compute(batch, logitScale);
        }
    }

    /// <summary>CLIP's loss, with an error of libtorch in some of its calls.</summary>
    private sealed class FailingLoss(int[] calls) : IContrastiveLoss
    {
        private int _call;

        public string Name => "CLIP";

        public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale) => calls.Contains(_call++) ? throw new LibTorchException() : new ClipLoss().Compute(batch, logitScale);

        private sealed class LibTorchException() : System.Runtime.InteropServices.ExternalException("Expected false to be true, but got false.");
    }

    /// <summary>CLIP's loss, NaN at some steps.</summary>
    private sealed class BreakingLoss(Func<int, bool> breaks) : IContrastiveLoss
    {
        private int _step;

        public string Name => "CLIP";

        public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
        {
            var terms = new ClipLoss().Compute(batch, logitScale);
            return breaks(_step++) ? terms with { Total = terms.Total * float.NaN } : terms;
        }
    }

    /// <summary>CLIP's loss plus, at some steps, √(x − x): of value 0 and of infinite slope in a picture's embedding or in the logit scale.</summary>
    private sealed class SteepLoss(Func<int, bool> steep, bool inTower) : IContrastiveLoss
    {
        private int _step;

        public string Name => "CLIP";

        public LossTerms Compute(EmbeddingBatch batch, Tensor logitScale)
        {
            var terms = new ClipLoss().Compute(batch, logitScale);
            var x = inTower ? batch.Image[0, 0] : logitScale;
            return steep(_step++) ? terms with { Total = terms.Total + (x - x.detach()).sqrt() } : terms;
        }
    }
}
