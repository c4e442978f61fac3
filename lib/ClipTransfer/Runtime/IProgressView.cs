namespace ClipTransfer.Runtime;

/// <summary>Shows one piece of long work in one place: what it showed before is replaced.</summary>
public interface IProgressView
{
    /// <summary>Shows the state; called a few times a second at most, and once at the end.</summary>
    void Show(ProgressState state);
}
