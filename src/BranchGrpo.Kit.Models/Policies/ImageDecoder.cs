using BranchGrpo.Kit.Models.Images;
using BranchGrpo.Kit.Models.Vae;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Policies;

/// <summary>Turns latents into 8-bit pictures, one at a time: decoding needs far more memory than its result.</summary>
public sealed class ImageDecoder : IDisposable
{
    private readonly Autoencoder autoencoder;

    internal ImageDecoder(Autoencoder autoencoder) => this.autoencoder = autoencoder;

    /// <summary>Values of its weights.</summary>
    public long Parameters => autoencoder.parameters().Sum(p => p.numel());

    /// <summary>The pictures of latents.</summary>
    /// <param name="latents">As a flow has them, see <see cref="ImagePolicy.ToGrid"/>. Shape [B, channels, rows, columns]; borrowed.</param>
    public Picture[] Pictures(Tensor latents)
    {
        using var quiet = no_grad();
        var pictures = new Picture[latents.shape[0]];
        var type = autoencoder.parameters().First().dtype;
        for (var i = 0; i < pictures.Length; i++)
        {
            using var scope = NewDisposeScope();
            // Back in the type that the network computed in: in bfloat16 the published runs lose levels on the way to bytes, which moves rewards.
            var image = autoencoder.LatentsToImage(latents.narrow(0, i, 1)).squeeze(0).to(type);     // [3, H, W]
            pictures[i] = Picture.FromSigned(image);
        }
        return pictures;
    }

    /// <summary>Frees the autoencoder.</summary>
    public void Dispose() => autoencoder.Dispose();
}
