namespace BranchGrpo.Kit.Shapes;

/// <summary>Where a pretraining stands.</summary>
/// <param name="Target">What is being made.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Mean loss since the last report.</param>
/// <param name="Quality">Verifier accuracy of a policy, top-1 accuracy of a reward among 240 captions, in [0, 1]; null between measurements.</param>
/// <param name="Elapsed">Time since this process began the target.</param>
/// <param name="Left">Expected time to the target's end.</param>
public sealed record PretrainingProgress(
    PretrainingTarget Target, int Step, int Steps, double Loss, double? Quality, TimeSpan Elapsed, TimeSpan Left);
