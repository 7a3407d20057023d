using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Text;

public class TextEncoderTests
{
    private static readonly ClipTextConfig clip = new()
    {
        Vocabulary = 30, Width = 16, Inner = 24, Layers = 2, Heads = 2, Positions = 9, Projection = 5,
        EndToken = 20
    };
    private static readonly T5Config t5 = new() { Vocabulary = 30, Width = 16, HeadWidth = 6, Heads = 3, Inner = 20, Layers = 2 };
    private static readonly long[,] ids = { { 7, 20, 25, 20, 1 }, { 3, 4, 5, 6, 2 } };

    [Theory, InlineData(20, 1, 0), InlineData(2, 2, 3), InlineData(29, 0, 0)]
    public void Pooled_row_is_that_of_the_end_token(int endToken, int first, int second)
    {
        using var scope = NewDisposeScope();
        var encoder = Filled(new ClipTextEncoder(clip with { EndToken = endToken }, WeightFormat.Cpu));
        using var states = encoder.Forward(tensor(ids));
        Assert.True(states.Pooled.equal(stack([states.Last[0, first], states.Last[1, second]])).all().item<bool>());
        Assert.Equal(3, states.Hidden.Count);
    }

    [Fact]
    public void Later_tokens_change_nothing_before_them()
    {
        using var scope = NewDisposeScope();
        var encoder = Filled(new ClipTextEncoder(clip, WeightFormat.Cpu));
        using var whole = encoder.Forward(tensor(ids));
        using var part = encoder.Forward(tensor(ids)[.., ..3]);
        Assert.True(whole.Last[.., ..3].allclose(part.Last, atol: 1e-6));
    }

    [Fact]
    public void Encoders_run_in_half_precision_and_leave_nothing_behind()
    {
        var format = new WeightFormat(ScalarType.BFloat16, CPU);
        var texts = Filled(new ClipTextEncoder(clip, format));
        var sequences = Filled(new T5Encoder(t5, format));
        using Tensor rows = tensor(ids), valid = ones(2, 5, dtype: ScalarType.Int64);
        sequences.Forward(rows, valid).Dispose();
        texts.Forward(rows, valid).Dispose();
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();
        using (var states = texts.Forward(rows, valid))
        using (var sequence = sequences.Forward(rows, valid))
        {
            Assert.Equal(ScalarType.BFloat16, sequence.dtype);
            Assert.Equal([2, 5], states.Projected!.shape);
            Assert.Equal(3 + 3 + 1, statistics.ThreadTotalLiveCount);
        }
        Assert.Equal(0, statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Wrong_inputs_are_refused_with_what_was_expected()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("at most 9", Assert.Throws<ArgumentException>(() => new ClipTextEncoder(clip,
            WeightFormat.Cpu).Forward(zeros(1, 10, ScalarType.Int64))).Message);
        Assert.Contains("float16", Assert.Throws<ArgumentException>(() => new T5Encoder(t5, new WeightFormat(ScalarType.Float16, CPU))).Message);
        Assert.Contains("3 heads", Assert.Throws<InvalidDataException>(() => new ClipTextEncoder(clip with { Heads = 3 }, WeightFormat.Cpu)).Message);
        Assert.Contains("gelu_fast", Assert.Throws<InvalidDataException>(() => Activation.Named("gelu_fast")).Message);
    }

    private static T Filled<T>(T network) where T : nn.Module
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        using var generator = new Generator(5);
        foreach (var parameter in network.parameters()) parameter.copy_(randn(parameter.shape, generator: generator) * 0.3 + 0.1);
        return network;
    }
}
