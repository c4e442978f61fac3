using System.Globalization;

namespace ClipTransfer.Text;

/// <summary>Sentences that turn a class name into a caption.</summary>
public static class PromptTemplates
{
    /// <summary>The place of the class name in a template.</summary>
    public const string ClassName = "{0}";

    /// <summary>One prompt a template for a class name.</summary>
    public static IReadOnlyList<string> Fill(IReadOnlyList<string> templates, string className) => [.. templates.Select(t => Fill(t, className))];

    /// <summary>One prompt: the class name in the template's place.</summary>
    public static string Fill(string template, string className) =>
        template.Contains(ClassName, StringComparison.Ordinal)
            ? template.Replace(ClassName, className, StringComparison.Ordinal)
            : throw new Runtime.InputException($"template '{template}'", string.Create(CultureInfo.InvariantCulture, $"has no {ClassName} for the class name"), "Write a sentence such as 'a photo of a {0}.'");
}
