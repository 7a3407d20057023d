namespace BranchGrpo.Kit.Notebooks;

/// <summary>Signal to noise of the gradient of one denoising step, over the iterations that trained it.</summary>
/// <param name="Step">From 0.</param>
/// <param name="Sigma">Noise level that the step leaves.</param>
/// <param name="Share">Share of the step in the squared length of the gradient under Adam's scale: mean squared norm of its part over the sum of all
/// steps'.</param>
/// <param name="Plain">Of the gradient as it is.</param>
/// <param name="Adam">Of the gradient divided by Adam's scale.</param>
public readonly record struct StepSignal(int Step, double Sigma, double Share, Estimate Plain, Estimate Adam);
