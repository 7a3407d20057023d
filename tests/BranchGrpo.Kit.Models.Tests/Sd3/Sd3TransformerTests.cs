using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Sd3;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Sd3;

public sealed class Sd3TransformerTests
{
    private static readonly Sd3Config Tiny = new()
    {
        SampleSize = 8, Inputs = 4, Outputs = 4, Layers = 2, DualLayers = [0], Heads = 2, HeadWidth = 8, TextWidth = 12, PooledWidth = 6, Positions = 6,
        NormalisedHeads = true,
    };

    [Theory, InlineData(false), InlineData(true)]
    public void A_pass_leaves_nothing_alive_but_its_result(bool gradients)
    {
        using var network = Random();
        using var mode = set_grad_enabled(gradients);
        foreach (var parameter in network.parameters()) parameter.requires_grad_(gradients);
        using Tensor latents = randn(2, 4, 6, 8), text = randn(2, 5, 12), pooled = randn(2, 6), time = tensor([700f, 20f]);
        network.Forward(latents, text, pooled, time).Dispose();
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        using (network.Forward(latents, text, pooled, time)) Assert.Equal(1, statistics.ThreadTotalLiveCount);
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_position_table_is_stored_but_never_trained()
    {
        using var network = Random();
        Assert.Contains("pos_embed.pos_embed", network.state_dict().Keys);
        Assert.DoesNotContain("pos_embed.pos_embed", network.named_parameters().Select(p => p.name));
    }

    [Fact]
    public void Latents_larger_than_the_position_table_are_refused()
    {
        using var network = Random();
        var refused = Assert.Throws<ArgumentException>(() => network.Forward(zeros(1, 4, 14, 8), zeros(1, 5, 12), zeros(1, 6), zeros(1)));
        Assert.Contains("7 x 4 patches; expected 1 to 6", refused.Message);
    }

    [Fact]
    public void Guidance_of_scale_one_is_the_prediction_with_text()
    {
        using var scope = NewDisposeScope();
        var (without, with) = (randn(3, 2), randn(3, 2));
        Assert.True(Guidance.Of(Guidance.Doubled(without, with), 1).allclose(with));
        Assert.Throws<ArgumentException>(() => Guidance.Of(zeros(3, 2), 2));
    }

    private static Sd3Transformer Random()
    {
        using var quiet = no_grad();
        var network = new Sd3Transformer(Tiny, WeightFormat.Cpu);
        var generator = new Generator(1);
        foreach (var value in network.state_dict().Values) value.normal_(0, 0.2, generator);
        return network;
    }
}
