using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>Velocities of a rollout with their graphs. The first update differentiates at the weights that drew the tree, so it can go backward
/// through them instead of evaluating the network again.</summary>
internal sealed class KeptForwards : IDisposable
{
    private readonly Dictionary<(int Step, int Start), Tensor> kept = [];

    /// <summary>Keeps one policy call.</summary>
    /// <param name="step">Denoising step.</param>
    /// <param name="start">First row of the call inside its level.</param>
    /// <param name="velocity">Shape [rows, …], with its graph.</param>
    public void Add(int step, int start, Tensor velocity) => kept.Add((step, start), velocity.DetachFromDisposeScope());

    /// <summary>Hands over the call of exactly these rows, or null. The caller owns it; its graph serves one backward pass.</summary>
    /// <param name="step">Denoising step.</param>
    /// <param name="rows">Rows inside the level, ascending.</param>
    public Tensor? Take(int step, IReadOnlyList<int> rows)
    {
        if (!kept.TryGetValue((step, rows[0]), out var velocity) || velocity.shape[0] != rows.Count || rows[^1] - rows[0] != rows.Count - 1) return null;
        kept.Remove((step, rows[0]));
        return velocity;
    }

    /// <summary>Frees what nobody took.</summary>
    public void Dispose()
    {
        foreach (var velocity in kept.Values) velocity.Dispose();
        kept.Clear();
    }
}
