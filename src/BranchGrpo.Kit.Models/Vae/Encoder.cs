using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>Picture to moments of a latent: levels of residual blocks from fine to coarse.</summary>
internal sealed class Encoder : NamedModule
{
    private readonly Convolution convIn;
    private readonly List<(List<ResidualBlock> Blocks, Convolution? Halve)> levels = [];
    private readonly MiddleBlock middle;
    private readonly GroupNorm normOut;
    private readonly Convolution convOut;

    public Encoder(AutoencoderConfig config, WeightFormat format) : base(nameof(Encoder))
    {
        var width = config.Channels[0];
        convIn = Add("conv_in", new Convolution(config.Inputs, width, 3, format, padding: 1));
        foreach (var (i, channels) in config.Channels.Index())
        {
            List<ResidualBlock> blocks = [];
            for (var j = 0; j < config.BlocksPerLevel; j++, width = channels)
                blocks.Add(Add($"down_blocks.{i}.resnets.{j}", new ResidualBlock(width, channels, config.Groups, format)));
            var halve = i == config.Channels.Length - 1 ? null
                : Add($"down_blocks.{i}.downsamplers.0.conv", new Convolution(channels, channels, 3, format, stride: 2));
            levels.Add((blocks, halve));
        }
        middle = Add("mid_block", new MiddleBlock(config, format));
        normOut = Add("conv_norm_out", new GroupNorm(config.Groups, width, ResidualBlock.Epsilon, format));
        convOut = Add("conv_out", new Convolution(width, 2 * config.Latents, 3, format, padding: 1));
    }

    /// <param name="images">Shape [B, inputs, H, W].</param>
    /// <param name="probe">Told the level outputs down0, down1, … and the parts of the middle.</param>
    /// <returns>Shape [B, 2L, h, w].</returns>
    public Tensor Forward(Tensor images, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var x = convIn.Forward(images);                                                            // [B, C0, H, W]
        foreach (var (i, (blocks, halve)) in levels.Index())
        {
            foreach (var block in blocks) x = block.Forward(x);
            // One row below and one column to the right: the padding of this network is not symmetric.
            if (halve is not null) x = halve.Forward(nn.functional.pad(x, [0, 1, 0, 1]));          // [B, Ci, ⌊H/2⌋, ⌊W/2⌋]
            probe?.Invoke($"down{i}", x);
        }
        x = middle.Forward(x, probe);
        return convOut.Forward(nn.functional.silu(normOut.Forward(x))).MoveToOuterDisposeScope();
    }
}
