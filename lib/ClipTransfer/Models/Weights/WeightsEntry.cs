namespace ClipTransfer.Models.Weights;

/// <summary>A file to fetch for some weights.</summary>
/// <param name="File">Its name below the weights' folder.</param>
/// <param name="Url">Where it lies.</param>
/// <param name="Bytes">Its length; null where it is not published.</param>
/// <param name="Sha256">Its SHA-256, lower case hex; null where it is not published.</param>
public sealed record WeightsSource(string File, string Url, long? Bytes, string? Sha256);

/// <summary>What is known of public weights or a vocabulary (<c>datasets/weights.json</c>).</summary>
/// <param name="Name">Its name on the command line, behind <c>weights/</c>.</param>
/// <param name="Title">What it is, in one line.</param>
/// <param name="Kind"><c>image tower</c>, <c>text tower</c>, <c>dual encoder</c> or <c>vocabulary</c>.</param>
/// <param name="Model">The size or type that it is for, for example <c>ResNet50</c>.</param>
/// <param name="HomePage">Where its authors describe it.</param>
/// <param name="Licence">Terms of use, in one sentence.</param>
/// <param name="Citation">What to cite.</param>
/// <param name="Files">What to fetch; the first is the one to open.</param>
public sealed record WeightsEntry(
    string Name, string Title, string Kind, string Model, string HomePage, string Licence, string Citation, IReadOnlyList<WeightsSource> Files);
