using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Vae;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Vae;

public sealed class AutoencoderTests
{
    private static readonly AutoencoderConfig Tiny = new() { Channels = [4, 8, 8], Groups = 2, SampleSize = 16, Scaling = 1.5, Shift = 0.1 };

    [Theory, InlineData(false), InlineData(true)]
    public void Coding_leaves_nothing_alive_but_its_result(bool tiles)
    {
        using var network = Random();
        using var quiet = no_grad();
        if (tiles) network.Tiling = Tiling.Of(Tiny);
        using Tensor images = randn(1, 3, 24, 20), noise = randn(1, 4, 6, 5);
        var statistics = DisposeScopeManager.Statistics;
        for (var i = 0; i < 2; i++)
        {
            statistics.Reset();
            using (var latents = network.ImageToLatents(images, noise))
            using (var decoded = network.LatentsToImage(latents))
            {
                Assert.Equal([1, 3, 24, 20], decoded.shape);
                if (i > 0) Assert.Equal(2, statistics.ThreadTotalLiveCount);
            }
            if (i > 0) Assert.Equal(0, statistics.ThreadTotalLiveCount);
        }
    }

    [Fact]
    public void A_picture_no_larger_than_a_tile_is_coded_in_one_piece()
    {
        using var network = Random();
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var latents = randn(2, 4, 4, 3);
        var whole = network.Decode(latents);
        network.Tiling = Tiling.Of(Tiny);
        Assert.True(network.Decode(latents).Equals(whole));
    }

    [Fact]
    public void Scaling_and_its_inverse_cancel()
    {
        using var network = Random();
        using var scope = NewDisposeScope();
        var z = randn(2, 4, 3, 3);
        Assert.True(network.Unscaled(network.Scaled(z)).allclose(z, atol: 1e-6));
    }

    [Theory, InlineData("""{"act_fn": "relu"}""", "act_fn"), InlineData("""{"block_out_channels": [48]}""", "norm_num_groups, 32"),
     InlineData("""{"down_block_types": ["AttnDownBlock2D"]}""", "down_block_types"), InlineData("""{"latent_channels": "4"}""", "a number"),
     InlineData("[]", "JSON object"), InlineData("{", "not JSON")]
    public void A_configuration_of_something_else_is_refused(string text, string reason)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => AutoencoderConfig.Read(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Autoencoder Random()
    {
        using var quiet = no_grad();
        var network = new Autoencoder(Tiny, WeightFormat.Cpu);
        var generator = new Generator(1);
        foreach (var value in network.state_dict().Values) value.normal_(0, 0.2, generator);
        return network;
    }
}
