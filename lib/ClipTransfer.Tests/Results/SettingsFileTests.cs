using System.Text.Json.Nodes;
using ClipTransfer.Losses;
using ClipTransfer.Models;
using ClipTransfer.Results;
using ClipTransfer.Runtime;
using ClipTransfer.Tests.Notebooks;
using ClipTransfer.Training;

namespace ClipTransfer.Tests.Results;

public sealed class SettingsFileTests : IDisposable
{
    private const string Head = """{ "paper": "Table 1", "hardware": "2 cores", "duration": "1 minute", "expect": "more" }""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TrainingRunSettings Read(string settings, string head = Head)
    {
        File.WriteAllText(_folder.File("s.json"), $$"""{ "head": {{head}}, "settings": {{settings}} }""");
        return TrainingRunSettings.Read(_folder.File("s.json")).Settings;
    }

    [Theory]
    [InlineData("""{ "trainig": {} }""", "'settings.trainig' is not a field of a settings file. Did you mean 'settings.training'? There are method, model, publicWeights, data, batchSize, tokenizer, training, seed.")]
    [InlineData("""{ "training": { "lerningRate": 1 } }""", "'settings.training.lerningRate' is not a field of a settings file. Did you mean 'settings.training.learningRate'?")]
    [InlineData("""{ "data": { "imageSise": 32 } }""", "Did you mean 'settings.data.imageSize'?")]
    [InlineData("""{ "model": { "name": "Tiny", "image": { "stemWidth": 8, "stageWidths": [8], "blockPerStage": 1 } } }""", "'settings.model.image.blockPerStage' is not a field of a settings file. Did you mean 'settings.model.image.blocksPerStage'?")]
    [InlineData("""{ "training": { "epochs": "ten" } }""", "'settings.training.epochs' is \"ten\", expected a whole number")]
    [InlineData("""{ "training": { "epochs": 2.5 } }""", "'settings.training.epochs' is 2.5, expected a whole number")]
    [InlineData("""{ "training": { "learningRate": "fast" } }""", "'settings.training.learningRate' is \"fast\", expected a number")]
    [InlineData("""{ "training": { "progress": 1 } }""", "'settings.training.progress' is 1, expected true or false")]
    [InlineData("""{ "training": 3 }""", "'settings.training' is 3, expected an object in { }")]
    [InlineData("""{ "training": null }""", "'settings.training' is null, expected an object in { }")]
    [InlineData("""{ "batchSize": null }""", "'settings.batchSize' is null, expected a whole number")]
    [InlineData("""{ "data": { "pairs": 7 } }""", "'settings.data.pairs' is 7, expected a text in quotes")]
    [InlineData("""{ "model": { "name": "Tiny", "image": { "stemWidth": 8, "stageWidths": [8, "x"] } } }""", "'settings.model.image.stageWidths[1]' is \"x\", expected a whole number")]
    [InlineData("""{ "model": { "name": "Tiny", "image": { "kind": "resnet", "width": 8 } } }""", "'settings.model.image.blocks' is missing")]
    [InlineData("""{ "model": { "name": "Tiny", "image": { "kind": "resnett", "blocks": [1] } } }""", "'settings.model.image.kind' is \"resnett\", which is not a kind. Did you mean 'resnet'? There are residual, ")]
    [InlineData("""{ "model": { "name": "Own", "image": { "width": 8 }, "text": {} } }""", "'settings.model.image.kind' is missing. Use one of residual, ")]
    [InlineData("""{ "model": { "name": "Tiny", "projection": "Quadratic" } }""", "'settings.model.projection' is \"Quadratic\", expected one of Linear, ")]
    [InlineData("""{ "model": "Tinny" }""", "'Tinny' is not a model size")]
    [InlineData("[]", "'settings' is [], expected an object in { }")]
    public void A_wrong_field_is_named_with_the_nearest_one_or_what_was_expected(string settings, string says)
    {
        var message = Assert.Throws<InputException>(() => Read(settings)).Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_head_that_lacks_a_part_and_a_third_part_beside_head_and_settings_are_refused()
    {
        Assert.Contains("'head.expect' is missing", Assert.Throws<InputException>(() => Read("{}", """{ "paper": "", "hardware": "", "duration": "" }""")).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("s.json"), $$"""{ "head": {{Head}}, "setings": {} }""");
        Assert.Contains("'setings' is not a field of a settings file. Did you mean 'settings'?", Assert.Throws<InputException>(() => TrainingRunSettings.Read(_folder.File("s.json"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_and_a_model_may_go_by_name_and_what_is_left_out_is_as_the_records_have_it()
    {
        var settings = Read("""{ "method": "CyCLIP", "model": "Small", "training": { "epochs": 3, "augmentation": { "flipProbability": 0 } } /* a remark */, }""");
        Assert.Equal(new MethodSettings { Name = "CyCLIP" }, settings.Method);
        Assert.Equivalent(DualEncoderSettings.Small, settings.Model, strict: true);
        Assert.Equal(new TrainingSettings { Epochs = 3, Augmentation = new() { FlipProbability = 0 } }, settings.Training);

        var changed = Read("""{ "model": { "name": "Tiny", "embedDim": 8, "temperature": 0.5, "text": { "width": 8, "heads": 1 }, "image": { "blocks": [1, 1], "kind": "resnet" } } }""").Model;
        Assert.Equivalent(DualEncoderSettings.Tiny with { EmbedDim = 8, Temperature = 0.5, Text = new TextEncoderSettings(8, 2, 1), Image = new ResNetSettings([1, 1]) }, changed, strict: true);
        Assert.IsType<ResNetSettings>(changed.Image);
    }

    [Fact]
    public void What_a_run_writes_is_read_again_as_it_was()
    {
        var settings = Read("""{ "method": { "name": "CLIP+Reg", "weight": 0.3 }, "model": { "name": "Base", "embedDim": 7 }, "data": { "validationSplit": "dev", "zeroShot": "dtd" }, "seed": 5 }""");
        var run = RunDocument.Start(_folder.Path, "run", new RunHead("a", "b", "c", "d"), settings);
        var (head, again) = TrainingRunSettings.Read(run.ConfigPath);
        Assert.Equal(new RunHead("a", "b", "c", "d"), head);
        Assert.Equivalent(settings, again, strict: true);
    }

    [Fact]
    public void Every_file_of_settings_can_be_read_and_its_method_made()
    {
        var files = Directory.GetFiles(Path.Combine(CloneFixture.Real.Root, "settings"), "*.json");
        Assert.Contains(files, file => Path.GetFileName(file) == "scenes-quick.json");
        foreach (var file in files)
        {
            var (head, settings) = TrainingRunSettings.Read(file);
            Assert.All(new[] { head.Paper, head.Hardware, head.Duration, head.Expect }, part => Assert.NotEmpty(part));
            Assert.Equal(settings.Method.Name, settings.Method.Create(settings.Model.LogitBias is null ? null : new LogitBias()).Name);
            settings.Training.Checked();
        }
    }

    [Fact]
    public void A_method_is_made_with_its_weights_and_an_unknown_one_is_answered_with_the_nearest()
    {
        using var bias = new LogitBias();
        foreach (var name in MethodSettings.Names) Assert.Equal(name, new MethodSettings { Name = name }.Create(bias).Name);
        Assert.Equal(RegularisedPairs.Both, Assert.IsType<ClipRegLoss>(new MethodSettings { Name = "CLIP+RegBoth" }.Create()).Pairs);
        Assert.Contains("Set model.logitBias", Assert.Throws<InputException>(() => new MethodSettings { Name = "SigLIP+Reg" }.Create()).Message, StringComparison.Ordinal);
        Assert.Equal(0.7, Assert.IsType<ClipRegLoss>(new MethodSettings { Name = "CLIP+Reg", Weight = 0.7 }.Create()).Weight);
        var cyclip = Assert.IsType<CyClipLoss>(new MethodSettings { Name = "CyCLIP", InModalWeight = 1, CrossModalWeight = 2 }.Create());
        Assert.Equal((1, 2), (cyclip.InModalWeight, cyclip.CrossModalWeight));
        Assert.Equal(DirectionConvention.Sum, Assert.IsType<ClipLoss>(new MethodSettings { Directions = DirectionConvention.Sum }.Create()).Directions);
        Assert.Contains("Did you mean 'CyCLIP'?", Assert.Throws<InputException>(() => new MethodSettings { Name = "CiCLIP" }.Create()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kitten", "sitting", "kittens")] // 3 changes against 1
    [InlineData("flaw", "lawn", "claws")] // 2 against 2: the first
    [InlineData("EPOCH", "epochs", "epsilon")]
    [InlineData("bn2.weight", "bn1.weight", "conv1.weight")]
    [InlineData("", "abc", "four")]
    public void The_nearest_name_is_the_one_with_fewest_changes(string given, string first, string second) =>
        Assert.Equal(given == "kitten" ? second : first, NearestName.Of(given, [first, second]));

    [Fact]
    public void Of_no_names_none_is_the_nearest() => Assert.Null(NearestName.Of("x", []));

    [Theory]
    [InlineData("""{"a":1,"b":{"c":[1,2]}}""", """{"b":{"c":[1,2]},"a":1}""", null)]
    [InlineData("""{"a":1}""", """{"a":2}""", "a 1 2")]
    [InlineData("""{"b":{"c":[1,2]}}""", """{"b":{"c":[2,1]}}""", "b.c [1,2] [2,1]")]
    [InlineData("""{"a":1}""", "{}", "a 1 nothing")]
    [InlineData("{}", """{"a":{"x":null}}""", """a nothing {"x":null}""")]
    [InlineData("""{"a":null}""", """{"a":0}""", "a null 0")]
    public void The_first_difference_of_two_documents_is_named(string left, string right, string? expected)
    {
        var difference = JsonDifference.First(JsonNode.Parse(left), JsonNode.Parse(right));
        Assert.Equal(expected, difference is null ? null : $"{difference.Path} {difference.Left} {difference.Right}");
    }
}
