using System.Runtime.InteropServices;

namespace ClipTransfer.Runtime;

/// <summary>Errors of libtorch that mean nothing.</summary>
/// <remarks>
/// TorchSharp 0.107 makes a native scalar for each number that an operation takes, and does not keep it alive during the call: a finalizer that runs at that moment frees it while libtorch
/// reads it, and the operation fails, most often with "Expected false to be true". It was seen twice in about three hundred trainings of some hundred steps. What fails so can be done again.
/// </remarks>
internal static class NativeErrors
{
    /// <summary>Does something that may be done twice, and once more if libtorch fails; its second error is the caller's.</summary>
    /// <param name="work">The work.</param>
    /// <param name="before">Told of the first error, before the second try: puts back what the first one changed.</param>
    public static T TriedTwice<T>(Func<T> work, Action<ExternalException> before)
    {
        try
        {
            return work();
        }
        catch (ExternalException error)
        {
            before(error);
            return work();
        }
    }
}
