using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Rewards;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

/// <summary>HPSv2 from image file to score: decoding, letter-box, network of the published container. Row i is picture i with text i.</summary>
public sealed class EndToEndFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Scores() => Fixtures.Cases("hps", folder =>
    {
        using var io = Checkpoint.Open(Path.Combine(folder, "io.safetensors"));
        return !io.Entries.ContainsKey("in.image");
    });

    [Theory]
    [MemberData(nameof(Scores))]
    public void FilesToScores(string name)
    {
        using var test = new FixtureCase(name, output);
        var tolerance = test.Case.GetProperty("tolerance").GetDouble();
        var config = OpenClipConfig.Read(test.File("config.json"));
        var network = RewardFiles.Filled(new OpenClipModel(config, WeightFormat.Cpu), NetworkCase.Weights(test));
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var text = test.Tensor("in.text");
        Picture[] pictures = [.. test.Case.GetProperty("images").EnumerateArray().Select(file => Picture.Read(Path.Combine(test.Folder, file.GetString()!)))];
        var pipeline = ImagePipeline.Hps(config.Square());
        test.Near("out.image_features", Embeddings.Normalise(network.EncodeImages(pipeline.Apply(pictures))), tolerance);
        test.Near("out.text_features", Embeddings.Normalise(network.EncodeTexts(text)), tolerance);

        // The public way, with ids in place of a tokenizer.
        long[] Ids(string row) => text[int.Parse(row)].data<long>().ToArray();
        using var reward = new ContrastiveReward(new("hps", "", new("", "")), network, pipeline, Ids, WeightFormat.Cpu);
        var scores = tensor(reward.Score(pictures, [.. Enumerable.Range(0, pictures.Length).Select(i => $"{i}")]));
        test.Near("out.score", scores, tolerance);
        var half = (scores - test.Tensor("out.score_autocast_half").to(float64)).abs().max().item<double>();
        test.See("out.score_autocast_half");
        test.Note("half.score", half, 5e-3);                                        // absolute; a run in half precision, for scale only
        test.AllCompared();
        test.Done();
    }
}
