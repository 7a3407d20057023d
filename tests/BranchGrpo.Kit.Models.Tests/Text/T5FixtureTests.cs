using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Text;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Text;

public class T5FixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases => Fixtures.Cases("t5");

    [Theory, MemberData(nameof(Cases))]
    public void States_buckets_and_gradients_match_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new FixtureCase(name, output);
        var tolerance = fixture.Case.GetProperty("tolerance").GetDouble();
        var encoder = T5Encoder.Load(fixture.Folder, WeightFormat.Cpu);
        foreach (var parameter in encoder.parameters()) parameter.requires_grad = true;
        Tensor ids = fixture.Tensor("in.input_ids"), mask = fixture.Tensor("in.attention_mask"), cotangent = fixture.Tensor("in.cotangent");

        var buckets = T5Buckets.Of(fixture.Tensor("mid.relative_distance"), encoder.Config.Buckets, encoder.Config.MaxDistance);
        fixture.Near("mid.relative_bucket", buckets, 0);
        fixture.See("mid.relative_distance");
        encoder.Probe = (probe, value) =>
        {
            if (probe == "position_bias")
            {
                fixture.Near("mid.position_bias_block0_row0", value[0, .., 0], tolerance);
                fixture.Near("mid.position_bias_block0_lastrow", value[0, .., -1], tolerance);
            }
            else if (fixture.Has($"mid.{probe}")) fixture.Near($"mid.{probe}", value, tolerance);
        };
        var free = encoder.Forward(ids);
        encoder.Probe = null;
        var masked = encoder.Forward(ids, mask);
        fixture.Near("out.no_mask.last_hidden_state", free, tolerance);
        fixture.Near("out.masked.last_hidden_state", masked, tolerance);

        ((free * cotangent).sum() + (masked * cotangent * mask.unsqueeze(-1)).sum()).backward();
        fixture.NearGradients(encoder, tolerance);
        fixture.AllCompared();
        fixture.Done();
    }
}
