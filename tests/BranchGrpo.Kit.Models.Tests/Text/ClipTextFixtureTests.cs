using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Models.Text;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests.Text;

public class ClipTextFixtureTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases => Fixtures.Cases("clip_text");

    [Theory, MemberData(nameof(Cases))]
    public void States_and_gradients_match_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        using var fixture = new FixtureCase(name, output);
        var tolerance = fixture.Case.GetProperty("tolerance").GetDouble();
        var encoder = ClipTextEncoder.Load(fixture.Folder, WeightFormat.Cpu);
        foreach (var parameter in encoder.parameters()) parameter.requires_grad = true;
        Tensor ids = fixture.Tensor("in.input_ids"), mask = fixture.Tensor("in.attention_mask");

        using (var masked = encoder.Forward(ids, mask))
        {
            fixture.Near("out.masked.last_hidden_state", masked.Last, tolerance);
            fixture.Near("out.masked.pooled", masked.Projected ?? masked.Pooled, tolerance);
        }
        using var states = encoder.Forward(ids);
        fixture.Near("out.last_hidden_state", states.Last, tolerance);
        fixture.Near("out.penultimate", states.Penultimate, tolerance);
        fixture.Near("out.pooled", states.Pooled, tolerance);
        if (states.Projected is { } projected) fixture.Near("out.text_embeds", projected, tolerance);
        for (var i = 0; i < states.Hidden.Count; i++) fixture.Near($"mid.hidden_states.{i}", states.Hidden[i], tolerance);

        var loss = (states.Last * fixture.Tensor("in.cotangent_last")).sum() + (states.Penultimate * fixture.Tensor("in.cotangent_penultimate")).sum()
            + ((states.Projected ?? states.Pooled) * fixture.Tensor("in.cotangent_main")).sum();
        loss.backward();
        fixture.NearGradients(encoder, tolerance);
        fixture.AllCompared();
        fixture.Done();
    }
}
