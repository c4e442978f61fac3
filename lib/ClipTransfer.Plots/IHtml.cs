namespace ClipTransfer.Plots;

/// <summary>Something that a notebook shows as HTML.</summary>
public interface IHtml
{
    /// <summary>A fragment that stands on its own in an output cell or a report.</summary>
    string ToHtml();
}
