using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Rewards;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Rewards;

/// <summary>ImageReward: BLIP with a head.</summary>
public sealed class ImageRewardFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Networks() => Fixtures.Cases("imagereward");

    [Theory]
    [MemberData(nameof(Networks))]
    public void Network(string name)
    {
        using var test = new FixtureCase(name, output);
        using var network = Load(test, NetworkCase.Weights(test));
        NetworkCase.Follow(network);
        using var scope = NewDisposeScope();
        using var image = test.Tensor("in.image").clone().requires_grad_(true);
        var reward = Compare(test, network, image);
        NetworkCase.Compare(test, network, reward, ("image", image));
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
            Compare(test, network, test.Tensor("in.image"));
            test.Done();
        }
    }

    private static BlipReward Load(FixtureCase test, string file)
    {
        using var weights = Checkpoint.Open(file);
        var network = new BlipReward(BlipConfig.Read(test.Folder, weights), WeightFormat.Cpu);
        Checkpoint.LoadInto(network, weights, BlipReward.Rename);
        return network;
    }

    private static Tensor Compare(FixtureCase test, BlipReward network, Tensor image)
    {
        var tolerance = test.Case.GetProperty("tolerance").GetDouble();
        var reward = network.Forward(image, test.Tensor("in.prompt_ids"), test.Tensor("in.prompt_attention_mask"),
            (part, value) => test.Probe(part, value, tolerance));
        test.Near("out.reward", reward, tolerance);
        return reward;
    }
}
