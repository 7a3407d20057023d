using System.Text.Json;
using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Flux;
using BranchGrpo.Kit.Models.Layers;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

/// <summary>Network and inputs of a reference case of FLUX.</summary>
internal static class FluxCase
{
    public static FluxTransformer Network(FixtureCase c, ScalarType dtype = ScalarType.Float32)
    {
        var network = new FluxTransformer(FluxConfig.Read(c.File("config.json")), new WeightFormat(dtype, CPU));
        using var weights = Checkpoint.Open(c.File("model.safetensors"));
        Checkpoint.LoadInto(network, weights);
        return network;
    }

    public static FluxInput Input(FixtureCase c, bool gradients = false)
    {
        return new(Read("hidden_states"), Read("encoder_hidden_states"), Read("pooled_projections"), c.Tensor("in.timestep"),
            c.Has("in.guidance") ? c.Tensor("in.guidance") : null, c.Tensor("in.img_ids"), c.Tensor("in.txt_ids"));

        Tensor Read(string name) => c.Tensor($"in.{name}").clone().requires_grad_(gradients);
    }

    /// <summary>By the name in the case.</summary>
    public static Tensor Named(FluxInput input, string name) => name switch
    {
        "in.hidden_states" => input.Latents,
        "in.encoder_hidden_states" => input.Text,
        "in.pooled_projections" => input.Pooled,
        _ => throw new ArgumentException($"no gradient of {name} is known"),
    };

    public static double Strict(this FixtureCase c, string group) => (c.Case.TryGetProperty("tolerance_same_timestep_table", out var strict)
        ? strict : c.Case.GetProperty("tolerance")).GetProperty(group).GetDouble();

    extension(FluxInput input)
    {
        public FluxInput Rounded() => input with
        {
            Latents = input.Latents.to(ScalarType.BFloat16),
            Text = input.Text.to(ScalarType.BFloat16),
            Pooled = input.Pooled.to(ScalarType.BFloat16),
        };

        /// <summary>Rounded values for a network in float32, whose times are those that the rounded network works with.</summary>
        public FluxInput Widened(JsonElement bf16) => input with
        {
            Latents = input.Latents.to(ScalarType.Float32),
            Text = input.Text.to(ScalarType.Float32),
            Pooled = input.Pooled.to(ScalarType.Float32),
            Sigma = Thousandths(bf16, "effective_timestep_times_1000"),
            Guidance = input.Guidance is null ? null : Thousandths(bf16, "effective_guidance_times_1000"),
        };
    }

    private static Tensor Thousandths(JsonElement bf16, string name) => tensor([.. bf16.GetProperty(name).EnumerateArray().Select(e => e.GetSingle() / 1000)]);
}
