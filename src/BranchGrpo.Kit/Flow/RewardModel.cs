using static TorchSharp.torch;

namespace BranchGrpo.Kit;

/// <summary>Scores clean latents against their prompts. Decoding, if any, is part of it. Higher is better.</summary>
/// <param name="latents">Clean latents, borrowed. Shape [B, …latent].</param>
/// <param name="prompts">The prompt of each latent. Length B.</param>
/// <returns>One finite score per latent. Length B.</returns>
public delegate double[] RewardModel(Tensor latents, IReadOnlyList<string> prompts);
