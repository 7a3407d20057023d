using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Flux;

/// <summary>What a FLUX transformer is given. Tensors are borrowed and may be of any float type: the network converts them to its own.</summary>
/// <param name="Latents">Packed, see <see cref="FluxLatents"/>. Shape [B, tokens, in channels].</param>
/// <param name="Text">Hidden states of the text encoder; every token takes part. Shape [B, text, text width].</param>
/// <param name="Pooled">Pooled text of the second encoder. Shape [B, pooled width].</param>
/// <param name="Sigma">Noise level, 0 to 1. Shape [B].</param>
/// <param name="Guidance">Guidance scale, such as 3.5; null exactly where the network embeds none. Shape [B].</param>
/// <param name="ImageIds">Positions of the tokens, see <see cref="FluxLatents.Ids"/>. Shape [tokens, 3].</param>
/// <param name="TextIds">Positions of the text, zeros. Shape [text, 3].</param>
public sealed record FluxInput(Tensor Latents, Tensor Text, Tensor Pooled, Tensor Sigma, Tensor? Guidance, Tensor ImageIds, Tensor TextIds);
