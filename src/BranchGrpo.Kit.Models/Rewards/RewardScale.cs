namespace BranchGrpo.Kit.Models.Rewards;

/// <summary>What the numbers of a reward mean. Raw is the scale on which the training code bases optimise and in which BranchGRPO's tables are;
/// published is the scale that the model's own release prints.</summary>
/// <param name="Raw">In words, with the range to expect.</param>
/// <param name="Published">In words.</param>
/// <param name="Factor">From raw to published.</param>
public sealed record RewardScale(string Raw, string Published, double Factor = 1);
