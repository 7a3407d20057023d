namespace BranchGrpo.Kit;

/// <summary>One edge to train.</summary>
/// <param name="Child">Node the edge leads to.</param>
/// <param name="Advantage">A(e), already clipped.</param>
/// <param name="Weight">Factor of the edge's loss.</param>
public readonly record struct TrainedEdge(int Child, double Advantage, double Weight);

/// <summary>What one edge showed when it was trained.</summary>
/// <param name="Child">Node the edge leads to.</param>
/// <param name="LogProb">Log-probability under the present weights, in the objective's reduction.</param>
/// <param name="LogRatio">log ρ.</param>
/// <param name="Loss">Weighted loss: the edge's share of the total, KL included.</param>
/// <param name="Kl">KL divergence to the reference policy, nats; 0 without one.</param>
public readonly record struct EdgeOutcome(int Child, double LogProb, double LogRatio, double Loss, double Kl)
{
    /// <summary>ρ = π/π_old.</summary>
    public double Ratio => Math.Exp(LogRatio);
}
