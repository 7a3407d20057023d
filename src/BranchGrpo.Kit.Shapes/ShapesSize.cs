using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>How large the policy of the embedded task is, and how it cuts a picture into tokens.</summary>
/// <param name="Name">Short name, used on the command line and in file names.</param>
/// <param name="Patch">Side of a square patch in pixels; divides 32.</param>
/// <param name="Width">Channels of a token.</param>
/// <param name="Depth">Transformer blocks.</param>
/// <param name="Heads">Attention heads; divides the width.</param>
public sealed record ShapesSize(string Name, int Patch, int Width, int Depth, int Heads)
{
    /// <summary>1.2 million parameters, 16 image tokens: minutes of training on one CPU core. Its weights ship with the kit.</summary>
    public static ShapesSize Cpu { get; } = new("cpu", 8, 128, 4, 4);

    /// <summary>8.7 million parameters, 64 image tokens: for a GPU of a laptop.</summary>
    public static ShapesSize GpuSmall { get; } = new("gpu-small", 4, 256, 8, 4);

    /// <summary>39.5 million parameters, 64 image tokens: for a GPU of a server.</summary>
    public static ShapesSize GpuLarge { get; } = new("gpu-large", 4, 448, 12, 7);

    /// <summary>The three sizes.</summary>
    public static IReadOnlyList<ShapesSize> All { get; } = [Cpu, GpuSmall, GpuLarge];

    /// <summary>Hidden width of the feed-forward layers as a multiple of <see cref="Width"/>.</summary>
    internal const int Expansion = 3;

    /// <summary>Image tokens of one picture.</summary>
    public int Tokens => ShapesRenderer.Side / Patch * (ShapesRenderer.Side / Patch);

    /// <summary>Numbers in one image token.</summary>
    public int Channels => 3 * Patch * Patch;

    /// <summary>Name of the policy's file inside the data folder.</summary>
    public string PolicyFile => this == Cpu ? "policy.safetensors" : $"policy-{Name}.safetensors";

    /// <summary>The size of a name.</summary>
    /// <exception cref="ArgumentException">No such size; the message lists them.</exception>
    public static ShapesSize Find(string name) => All.FirstOrDefault(s => s.Name == name)
        ?? throw new ArgumentException($"no size \"{name}\" (there are {string.Join(", ", All.Select(s => s.Name))})", nameof(name));

    /// <summary>Cuts pictures into patches.</summary>
    /// <param name="pictures">Shape [B, 3, 32, 32].</param>
    /// <returns>Shape [B, tokens, channels]; the caller owns it.</returns>
    public Tensor ToLatents(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        int side = ShapesRenderer.Side / Patch;
        return pictures.reshape(-1, 3, side, Patch, side, Patch).permute(0, 2, 4, 1, 3, 5)
            .reshape(-1, Tokens, Channels).clone().MoveToOuterDisposeScope();                  // [B, tokens, channels]
    }

    /// <summary>Puts patches together again; the inverse of <see cref="ToLatents"/>.</summary>
    /// <param name="latents">Shape [B, tokens, channels].</param>
    /// <returns>Shape [B, 3, 32, 32]; the caller owns it.</returns>
    public Tensor ToPictures(Tensor latents)
    {
        using var scope = NewDisposeScope();
        int side = ShapesRenderer.Side / Patch;
        return latents.reshape(-1, side, side, 3, Patch, Patch).permute(0, 3, 1, 4, 2, 5)
            .reshape(-1, 3, ShapesRenderer.Side, ShapesRenderer.Side).clone().MoveToOuterDisposeScope();    // [B, 3, 32, 32]
    }
}
