using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Rewards;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

/// <summary>CLIP in the transformers layout: PickScore and CLIP-L.</summary>
public sealed class ClipFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Networks() => Fixtures.Cases("clip");

    [Theory]
    [MemberData(nameof(Networks))]
    public void Network(string name)
    {
        using var test = new FixtureCase(name, output);
        using var network = new ClipModel(ClipConfig.Read(test.File("config.json")), WeightFormat.Cpu);
        using var weights = Checkpoint.Open(NetworkCase.Weights(test));
        Checkpoint.LoadInto(network, weights, ClipModel.Rename);
        NetworkCase.Follow(network);
        using var scope = NewDisposeScope();
        var tolerance = test.Case.GetProperty("tolerance").GetDouble();
        using var pixels = test.Tensor("in.pixel_values").clone().requires_grad_(true);
        void Show(string part, Tensor value) => test.Probe(part, value, tolerance);

        var (images, texts) = (network.EncodeImages(pixels, Show), network.EncodeTexts(test.Tensor("in.input_ids"), test.Tensor("in.attention_mask"), Show));
        test.Near("out.image_embeds_raw", images, tolerance);
        test.Near("out.text_embeds_raw", texts, tolerance);
        (images, texts) = (Embeddings.Normalise(images), Embeddings.Normalise(texts));
        test.Near("out.image_embeds", images, tolerance);
        test.Near("out.text_embeds", texts, tolerance);
        var cosine = Embeddings.Cosine(images, texts);
        test.Near("out.cosine", cosine, tolerance);
        var score = network.Scale.mul(cosine);
        test.Near("out.score", score, tolerance);
        test.Near("out.logits_per_text", network.Scale.mul(nn.functional.linear(texts, images)), tolerance);
        NetworkCase.Compare(test, network, score, ("pixel_values", pixels));
        test.AllCompared();
        test.Done();
    }

    /// <summary>The padding mask changes nothing that is scored.</summary>
    [Theory]
    [MemberData(nameof(Networks))]
    public void NetworkWithoutPaddingMask(string name)
    {
        using var test = new FixtureCase(name, output);
        using var network = new ClipModel(ClipConfig.Read(test.File("config.json")), WeightFormat.Cpu);
        using var weights = Checkpoint.Open(NetworkCase.Weights(test));
        Checkpoint.LoadInto(network, weights, ClipModel.Rename);
        using var scope = NewDisposeScope();
        test.Near("out.text_embeds_raw", network.EncodeTexts(test.Tensor("in.input_ids")), test.Case.GetProperty("tolerance").GetDouble());
        test.Done();
    }
}
