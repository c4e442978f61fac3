namespace ClipTransfer.Notebooks.Documents;

/// <summary>The three kinds of cell that nbformat knows.</summary>
public enum CellKind
{
    /// <summary>Prose.</summary>
    Markdown,

    /// <summary>Code, with outputs.</summary>
    Code,

    /// <summary>Text that is neither shown as prose nor run.</summary>
    Raw,
}
