namespace BranchGrpo.Kit.Models.Policies;

/// <summary>The image models whose checkpoints the kit reads.</summary>
public enum ImageFamily
{
    /// <summary>FLUX.1-dev and its kin: packed latents, guidance embedded.</summary>
    Flux,

    /// <summary>Stable Diffusion 3 and 3.5: classifier-free guidance.</summary>
    Sd3,
}
