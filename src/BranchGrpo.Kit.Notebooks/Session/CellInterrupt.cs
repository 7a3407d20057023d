namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>How a running cell learns that it shall stop.</summary>
public static class CellInterrupt
{
    private static CancellationTokenSource source = new();

    /// <summary>Set when the running cell is interrupted.</summary>
    public static CancellationToken Token => source.Token;

    /// <summary>Called at each turn of the loops of a cell.</summary>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    public static void Check() => source.Token.ThrowIfCancellationRequested();

    internal static void Begin() => source = new();

    internal static void Request() => source.Cancel();
}
