using BranchGrpo.Kit.Shapes.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Shapes;

/// <summary>A learned reward: the cosine between picture and caption, in [−1, 1]; about 0.9 for a real rendering.</summary>
public sealed class ShapesReward : IDisposable
{
    private readonly DualEncoder network;

    private ShapesReward(RewardDesign design, string folder, Device? device)
    {
        using var generator = new Generator(0);
        network = new DualEncoder(design, generator);
        try
        {
            ShapesData.LoadInto(network, Path.Combine(folder, design.File));
        }
        catch
        {
            network.Dispose();
            throw;
        }
        foreach (var parameter in network.parameters()) parameter.requires_grad = false;
        if (device is not null) network.to(device);
    }

    /// <summary>The reward that policies are trained on: blurred input, trained against fine texture.</summary>
    /// <param name="folder">Folder of the weights; see <see cref="ShapesData.Locate"/>.</param>
    /// <param name="device">Where it computes; CPU if null.</param>
    /// <exception cref="FileNotFoundException">No weights; the message says what makes them.</exception>
    /// <exception cref="InvalidDataException">Damaged weights.</exception>
    public static ShapesReward Load(string folder, Device? device = null) => new(RewardDesign.Trained, folder, device);

    /// <summary>The second reward, of other width, kernel and seed: policies are measured by it and never trained on it.</summary>
    /// <param name="folder">Folder of the weights.</param>
    /// <param name="device">Where it computes; CPU if null.</param>
    public static ShapesReward LoadHeldOut(string folder, Device? device = null) => new(RewardDesign.HeldOut, folder, device);

    /// <summary>Scores pictures against captions.</summary>
    /// <param name="pictures">Shape [B, 3, 32, 32].</param>
    /// <param name="captions">Length B.</param>
    /// <returns>Cosines. Length B.</returns>
    public double[] Score(Tensor pictures, IReadOnlyList<Caption> captions)
    {
        if (pictures.shape[0] != captions.Count)
            throw new ArgumentException($"{captions.Count} captions for {pictures.shape[0]} pictures", nameof(captions));
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var device = network.parameters().First().device;
        using var words = Pretraining.Trainee.Words(ShapesRenderer.Attributes(captions)).to(device);
        var cosines = network.call(pictures.to(ScalarType.Float32).to(device), words);         // [B]
        return [.. cosines.cpu().data<float>().ToArray().Select(c => (double)c)];
    }

    /// <summary>What the network sees in a picture: its embedding, whose inner product with that of a caption is the score. Normalised: unit
    /// vectors, so that distances between them know no caption and no scale.</summary>
    /// <param name="pictures">Borrowed. Shape [B, 3, 32, 32].</param>
    /// <returns>Shape [B, 64], float32, on the CPU; the caller owns it.</returns>
    public Tensor Features(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var device = network.parameters().First().device;
        return network.Pictures(pictures.to(ScalarType.Float32).to(device)).cpu().MoveToOuterDisposeScope();
    }

    /// <summary>The score as a reward of latents, for training.</summary>
    /// <param name="size">How pictures were cut into latents.</param>
    public RewardModel Of(ShapesSize size) => (latents, prompts) =>
    {
        using var pictures = size.ToPictures(latents);
        return Score(pictures, [.. prompts.Select(Caption.Parse)]);
    };

    /// <summary>Frees the network.</summary>
    public void Dispose() => network.Dispose();
}
