using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Vae;

/// <summary>Latent to picture: levels of residual blocks from coarse to fine, one block more than the encoder has.</summary>
internal sealed class Decoder : NamedModule
{
    private readonly Convolution convIn;
    private readonly MiddleBlock middle;
    private readonly List<(List<ResidualBlock> Blocks, Convolution? AfterDoubling)> levels = [];
    private readonly GroupNorm normOut;
    private readonly Convolution convOut;

    public Decoder(AutoencoderConfig config, WeightFormat format) : base(nameof(Decoder))
    {
        var width = config.Channels[^1];
        convIn = Add("conv_in", new Convolution(config.Latents, width, 3, format, padding: 1));
        middle = Add("mid_block", new MiddleBlock(config, format));
        foreach (var (i, channels) in config.Channels.AsEnumerable().Reverse().Index())
        {
            List<ResidualBlock> blocks = [];
            for (var j = 0; j <= config.BlocksPerLevel; j++, width = channels)
                blocks.Add(Add($"up_blocks.{i}.resnets.{j}", new ResidualBlock(width, channels, config.Groups, format)));
            var doubled = i == config.Channels.Length - 1 ? null
                : Add($"up_blocks.{i}.upsamplers.0.conv", new Convolution(channels, channels, 3, format, padding: 1));
            levels.Add((blocks, doubled));
        }
        normOut = Add("conv_norm_out", new GroupNorm(config.Groups, width, ResidualBlock.Epsilon, format));
        convOut = Add("conv_out", new Convolution(width, config.Outputs, 3, format, padding: 1));
    }

    /// <param name="latents">Shape [B, L, h, w].</param>
    /// <param name="probe">Told conv_in, the parts of the middle, and the level outputs up0, up1, ….</param>
    /// <returns>Shape [B, outputs, H, W]; not clamped.</returns>
    public Tensor Forward(Tensor latents, Probe? probe = null)
    {
        using var scope = NewDisposeScope();
        var x = convIn.Forward(latents);                                                           // [B, C, h, w]
        probe?.Invoke("conv_in", x);
        x = middle.Forward(x, probe);
        foreach (var (i, (blocks, afterDoubling)) in levels.Index())
        {
            foreach (var block in blocks) x = block.Forward(x);
            if (afterDoubling is not null)
                x = afterDoubling.Forward(nn.functional.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Nearest));   // [B, C, 2h, 2w]
            probe?.Invoke($"up{i}", x);
        }
        return convOut.Forward(nn.functional.silu(normOut.Forward(x))).MoveToOuterDisposeScope();
    }
}
