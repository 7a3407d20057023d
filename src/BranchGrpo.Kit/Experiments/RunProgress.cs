namespace BranchGrpo.Kit;

/// <summary>Where a run stands, for a display.</summary>
/// <param name="Latest">What just happened.</param>
/// <param name="Fraction">Share of the budget used, in [0, 1]: of the iterations or of the seconds, whichever is further.</param>
public readonly record struct RunProgress(RunEvent Latest, double Fraction);
