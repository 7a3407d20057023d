using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Rewards;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

/// <summary>HPSv2 and CLIPScore: open_clip's networks.</summary>
public sealed class OpenClipFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Networks()
    {
        var cases = Fixtures.Cases("hps", HasImages);
        foreach (string name in Fixtures.Cases("clipscore", HasImages)) cases.Add(name);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Network(string name)
    {
        using var test = new FixtureCase(name, output);
        using var network = Load(test, NetworkCase.Weights(test));
        NetworkCase.Follow(network);
        using var scope = NewDisposeScope();
        var tolerance = test.Case.GetProperty("tolerance").GetDouble();
        using var image = test.Tensor("in.image").clone().requires_grad_(true);
        Compare(test, network, image, tolerance, out var score);
        NetworkCase.Compare(test, network, score, ("image", image));
        test.AllCompared();
        test.Done();
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void NetworkOfTorchFile(string name)
    {
        using var test = new FixtureCase(name, output);
        foreach (var file in NetworkCase.TorchFiles(test))
        {
            using var network = Load(test, file);
            using var scope = NewDisposeScope();
            using var quiet = no_grad();
            Compare(test, network, test.Tensor("in.image"), test.Case.GetProperty("tolerance").GetDouble(), out _);
            test.Done();
        }
    }

    private static bool HasImages(string folder)
    {
        using var io = Checkpoint.Open(Path.Combine(folder, "io.safetensors"));
        return io.Entries.ContainsKey("in.image");
    }

    private static OpenClipModel Load(FixtureCase test, string weights)
    {
        var network = new OpenClipModel(OpenClipConfig.Read(test.File("config.json")), WeightFormat.Cpu);
        using var source = Checkpoint.Open(weights);
        Checkpoint.LoadInto(network, source);
        return network;
    }

    private static void Compare(FixtureCase test, OpenClipModel network, Tensor image, double tolerance, out Tensor score)
    {
        void Show(string part, Tensor value)
        {
            // open_clip normalises all tokens and takes the first afterwards, hpsv2 the other way round.
            if (part == "visual.tokens" && test.Has("mid.visual.ln_post") && test.Io.Entries["mid.visual.ln_post"].Shape.Count == 3)
                test.Probe("visual.ln_post", network.Visual.PostNorm.Forward(value), tolerance);
            else if (part != "visual.ln_post" || test.Io.Entries.GetValueOrDefault("mid.visual.ln_post").Shape is { Count: 2 })
                test.Probe(part, value, tolerance);
        }
        var (images, texts) = (network.EncodeImages(image, Show), network.EncodeTexts(test.Tensor("in.text"), Show));
        test.Near("out.image_features_raw", images, tolerance);
        test.Near("out.text_features_raw", texts, tolerance);
        (images, texts) = (Embeddings.Normalise(images), Embeddings.Normalise(texts));
        test.Near("out.image_features", images, tolerance);
        test.Near("out.text_features", texts, tolerance);
        test.Near("out.logits_per_image", nn.functional.linear(images, texts), tolerance);
        test.Near("out.logit_scale_exp", network.Scale.view(1), tolerance);
        test.Near("out.score", score = Embeddings.Cosine(images, texts), tolerance);
    }
}
