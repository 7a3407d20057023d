namespace BranchGrpo.Kit.Shapes.Networks;

/// <summary>How a reward network is built and trained.</summary>
/// <param name="File">Its file in the data folder.</param>
/// <param name="Width">Channels of the first convolution, a multiple of 16.</param>
/// <param name="Kernel">Side of the first convolution's kernel, odd.</param>
/// <param name="TextureRobust">Blurs its input and is trained against fine texture, so that a policy cannot earn reward by dithering.</param>
/// <param name="SeedOffset">Added to the seed, so that the two rewards share nothing.</param>
internal sealed record RewardDesign(string File, int Width, int Kernel, bool TextureRobust, ulong SeedOffset)
{
    public static RewardDesign Trained { get; } = new("reward.safetensors", 32, 3, true, 1);

    public static RewardDesign HeldOut { get; } = new("reward-heldout.safetensors", 48, 5, false, 2);
}
