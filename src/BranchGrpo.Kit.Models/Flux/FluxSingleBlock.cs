using BranchGrpo.Kit.Models.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>A block over text and image in one sequence: attention and feed-forward side by side, joined by one projection.</summary>
internal sealed class FluxSingleBlock : NamedModule
{
    private readonly Modulation modulation;
    private readonly FluxAttention attention;
    private readonly Layers.Linear up;
    private readonly Layers.Linear output;

    public FluxSingleBlock(FluxConfig config, WeightFormat format) : base(nameof(FluxSingleBlock))
    {
        modulation = Add("norm", new Modulation(config.Width, 3, format));
        up = Add("proj_mlp", new Layers.Linear(config.Width, 4 * config.Width, format));
        output = Add("proj_out", new Layers.Linear(5 * config.Width, config.Width, format));
        attention = Add("attn", new FluxAttention(config, joint: false, format));
    }

    /// <param name="x">Text, then image. Shape [B, N, width].</param>
    /// <param name="activated">SiLU of the conditioning. Shape [B, width].</param>
    /// <param name="turns">Rotary positions of the sequence.</param>
    /// <param name="probe">Is shown <c>attn</c>.</param>
    /// <returns>The shape of x.</returns>
    public Tensor Forward(Tensor x, Tensor activated, Tensor turns, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var pieces = modulation.Of(activated);
        var normed = Modulation.Norm(x, pieces[0], pieces[1]);                                                       // [B, N, width]
        var attended = attention.Forward(normed, turns);
        probe?.Invoke("attn", attended);
        var both = cat([attended, nn.functional.gelu(up.Forward(normed), GELU.Approximate.tanh)], 2);                // [B, N, 5·width]
        return Modulation.Gated(x, pieces[2], output.Forward(both)).MoveToOuterDisposeScope();
    }
}
