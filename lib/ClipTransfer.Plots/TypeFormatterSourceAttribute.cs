namespace ClipTransfer.Plots;

/// <summary>Tells a notebook engine how to show a type. .NET Interactive finds the attribute by its name, so no package is needed.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Interface)]
public sealed class TypeFormatterSourceAttribute : Attribute
{
    /// <summary>Names the source of the formatters.</summary>
    /// <param name="formatterSourceType">A type with a method <c>IEnumerable&lt;object&gt; CreateTypeFormatters()</c>.</param>
    public TypeFormatterSourceAttribute(Type formatterSourceType) => FormatterSourceType = formatterSourceType;

    /// <summary>The type whose instances make the formatters.</summary>
    public Type FormatterSourceType { get; }

    /// <summary>The form to show first.</summary>
    public string[] PreferredMimeTypes { get; set; } = ["text/html"];
}
