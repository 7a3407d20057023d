namespace BranchGrpo.Cli;

/// <summary>Passes progress on in the thread that reports it, so that messages keep their order.</summary>
internal sealed class Immediate<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
